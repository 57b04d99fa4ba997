"""The layout that all voices of a request share."""

import pytest

from agents.conversation import (
    append_instruction,
    merge_system,
    opening,
    prepend_system,
    recall,
    text_of,
    without_tools,
)

PARTS = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:x"}}]


def test_system_and_developer_messages_become_one_in_front():
    merged = merge_system(
        [
            {"role": "user", "content": "Hi"},
            {"role": "developer", "content": "Be kind."},
            {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        ]
    )
    assert merged == (
        {"role": "system", "content": "Be kind.\n\nBe brief."},
        {"role": "user", "content": "Hi"},
    )


def test_without_instructions_there_is_no_system_message():
    assert merge_system([{"role": "system", "content": ""}, {"role": "user", "content": "Hi"}]) == (
        {"role": "user", "content": "Hi"},
    )


@pytest.mark.parametrize(
    ("last", "becomes"),
    [
        ({"role": "user", "content": "Hi"}, "Hi\n\nDo."),
        ({"role": "user", "content": None}, "\n\nDo."),
        ({"role": "user", "content": PARTS}, [*PARTS, {"type": "text", "text": "\n\nDo."}]),
    ],
)
def test_an_instruction_goes_inside_the_last_user_message(last, becomes):
    assert append_instruction([last], "Do.") == ({"role": "user", "content": becomes},)


def test_after_another_role_the_instruction_is_a_message_of_its_own():
    tool = {"role": "tool", "tool_call_id": "1", "content": "42"}
    assert append_instruction([tool], "Do.")[-1] == {"role": "user", "content": "Do."}


def test_the_original_is_not_touched():
    messages = ({"role": "user", "content": PARTS},)
    append_instruction(messages, "Do.")
    assert len(PARTS) == 2


def test_voices_see_words_alone():
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": PARTS},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "tool_call_id": "1", "content": "It is a teapot."},
    ]
    assert without_tools(messages) == (
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "What is this?\n[image]\n\nIt is a teapot."},
    )


def test_a_principle_joins_the_system_message_or_makes_one():
    with_system = prepend_system([{"role": "system", "content": "A"}, {"role": "user", "content": "Hi"}], "B")
    assert with_system[0] == {"role": "system", "content": "A\n\nB"}
    assert prepend_system([{"role": "user", "content": "Hi"}], "B")[0] == {"role": "system", "content": "B"}


def test_a_short_question_is_quoted_again_at_the_end():
    asked = [{"role": "user", "content": "Hello"}, {"role": "user", "content": " Who bows?\n\nAnd why? "}]
    assert recall(asked) == "\n\n> Who bows?\n>\n> And why?"


@pytest.mark.parametrize("content", ["", "x" * 401, None])
def test_nothing_and_much_are_not_quoted_again(content):
    assert recall([{"role": "user", "content": content}]) == ""


@pytest.mark.parametrize("content", [None, "", [], [{"type": "text"}], ["bare"], [{"type": "input_audio"}]])
def test_any_content_has_a_text(content):
    assert isinstance(text_of({"role": "user", "content": content}), str)


def test_all_turns_of_a_conversation_have_one_opening():
    first = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    later = [*first, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "And now?"}]
    assert opening(first) == opening(later)
    assert opening(first[1:]) == opening(later[1:])
    assert len({opening(first), opening(first[1:]), opening([{"role": "user", "content": "Hi"}])}) == 3
