"""A conversation longer than the backbone's context: what falls away, in which order, and who is told."""

from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import FakeModel, Limits
from agents.events import Shortened
from agents.shorten import LEFT_OUT, room_for, shorten, tokens

SYSTEM = {"role": "system", "content": "Be kind."}


def said(role, words):
    return {"role": role, "content": words}


def talk(*turns):
    return [said("assistant" if number % 2 else "user", words) for number, words in enumerate(turns)]


def test_what_fits_is_untouched():
    messages = [SYSTEM, *talk("a", "b", "c")]
    assert shorten(messages, 100) == (tuple(messages), None)


def test_the_oldest_turns_fall_away_first_with_their_answers():
    messages = [SYSTEM, *talk("x" * 300, "y" * 300, "second", "answer", "third")]
    kept, left_out = shorten(messages, 60)
    assert [one["content"] for one in kept] == ["Be kind.", "second", "answer", "third"]
    assert left_out == Shortened(turns=2)


def test_no_answer_stays_without_its_question():
    kept, left_out = shorten(talk("x" * 300, "y", "second"), 60)
    assert [one["content"] for one in kept] == ["second"]
    assert left_out == Shortened(turns=2)


def test_the_middle_of_a_long_last_turn_goes():
    text = "begin " + "x" * 9_000 + " end"
    (kept,), left_out = shorten([said("user", text)], 2_000)
    assert kept["content"].startswith("begin ")
    assert kept["content"].endswith(" end")
    assert LEFT_OUT in kept["content"]
    assert tokens([kept]) <= 2_001
    assert left_out == Shortened(characters=len(text) - len(kept["content"]) + len(LEFT_OUT))


@pytest.mark.parametrize("room", [1_000, 0, -500])
def test_more_than_half_of_the_last_turn_is_never_left_out(room):
    messages = talk("earlier", "yes", "x" * 9_000)
    assert shorten(messages, room) == (tuple(messages), None)


CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "read", "arguments": "{}"}}],
}


def result(words):
    return {"role": "tool", "tool_call_id": "c1", "content": words}


def test_a_tools_big_result_is_cut_and_keeps_its_call_and_the_question():
    asked, big = said("user", "What does the page say?"), result("begin " + "x" * 9_000 + " end")
    kept, left_out = shorten([SYSTEM, asked, CALL, big], 2_500)
    assert kept[:3] == (SYSTEM, asked, CALL)
    assert kept[3]["tool_call_id"] == "c1"
    assert LEFT_OUT in kept[3]["content"]
    assert left_out.turns == 0
    assert tokens(kept) <= 2_501


def test_of_a_turn_with_tools_the_longest_message_is_cut():
    asked = said("user", "x" * 9_000)
    kept, left_out = shorten([*talk("earlier", "yes"), asked, CALL, result("ok")], 2_500)
    assert [one["role"] for one in kept] == ["user", "assistant", "tool"]
    assert LEFT_OUT in kept[0]["content"]
    assert (kept[1:], left_out.turns) == ((CALL, result("ok")), 2)


def test_earlier_turns_fall_away_with_their_calls_and_results():
    last = [said("user", "And now?"), CALL, result("two")]
    kept, left_out = shorten([said("user", "First?"), CALL, result("x" * 600), *last], 100)
    assert kept == tuple(last)
    assert left_out == Shortened(turns=3)


def test_what_a_turn_with_tools_takes_at_least_is_left_to_the_backbone_to_refuse():
    messages = [said("user", "What does the page say?"), CALL, result("x" * 9_000)]
    assert shorten(messages, 300) == (tuple(messages), None)


def test_a_bound_that_is_null_takes_no_room_and_hides_none(pipeline, question, knowledge):
    limits = Limits(contexts={"small": 8_192}, answer_tokens=500)

    def room(**parameters):
        asked = question(backbone="small", parameters=parameters)
        plan = pipeline(FakeModel(), contexts=limits.contexts, answer_tokens=500).plan(asked)
        return room_for(plan, asked, knowledge.prompts, limits)

    assert room(max_tokens=50, max_completion_tokens=None) == room(max_tokens=50)
    assert room(max_tokens=None) == room() == room(max_tokens=50) - 450


@given(st.lists(st.text(max_size=400), min_size=1, max_size=8), st.integers(-100, 2_000))
def test_any_conversation_keeps_its_last_turn_and_fits_if_it_can(turns, room):
    messages = talk(*turns)
    kept, left_out = shorten(messages, room)
    assert kept[-1]["role"] == messages[-1]["role"]
    assert (left_out is None) == (kept == tuple(messages))
    assert left_out is None or tokens(kept) <= room + 1


@pytest.mark.parametrize("mode", ["multiplex", "debate", "contextual"])
async def test_a_run_shortens_and_reports_what_a_backbone_of_known_context_is_asked(pipeline, question, mode):
    turns = [said("user", "old " * 9_000), said("assistant", "older " * 500), said("user", "And an elder?")]
    model = FakeModel()
    limits = {"contexts": {"small": 8_192}, "voice_tokens": 200, "answer_tokens": 500}
    run = pipeline(model, **limits).stream(question(messages=tuple(turns), mode=mode, backbone="small"))
    async with aclosing(run) as events:
        finished = [event async for event in events][-1]
    assert finished.shortened
    assert finished.shortened.turns >= 1
    assert all(tokens(one.messages) + 500 <= 8_192 for one in model.requests)
    assert all("And an elder?" in one.messages[-1]["content"] for one in model.requests)


async def test_an_unknown_context_and_a_direct_question_shorten_nothing(pipeline, question):
    turns = (said("user", "old " * 9_000), said("assistant", "yes"), said("user", "And an elder?"))
    for more in ({"backbone": "other"}, {"backbone": "small", "mode": "direct", "cultures": ()}):
        model = FakeModel()
        run = pipeline(model, contexts={"small": 8_192}).stream(question(messages=turns, **more))
        async with aclosing(run) as events:
            finished = [event async for event in events][-1]
        assert finished.shortened is None
        assert "old old" in str(model.requests[0].messages)
