"""A request in the Responses form becomes the chat request that says the same."""

import json
from typing import Any

import pytest

from service.responses.translation import stand_in, to_chat
from service.responses.wire import read_addressed_request, read_responses_request


def chat(**body: Any) -> dict[str, Any]:
    told = {"model": "polylect/auto", "input": "Hello", **body}
    return to_chat(read_responses_request(json.dumps(told).encode())).model_dump(exclude_unset=True)


def messages(*items: Any, **body: Any) -> list[dict[str, Any]]:
    return chat(input=list(items), **body)["messages"]


def test_a_string_is_the_users_and_instructions_go_in_front():
    assert chat(instructions="Be kind.")["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hello"},
    ]


def test_parts_become_chats_parts_and_a_single_text_a_string():
    image = {"type": "input_image", "image_url": "data:image/png;base64,x", "detail": "low"}
    file = {"type": "input_file", "file_data": "data:application/pdf;base64,x", "filename": "a.pdf"}
    text = {"type": "input_text", "text": "What is this?"}
    answer = {"type": "message", "role": "assistant", "id": "msg_1", "content": []}
    said = [{"type": "output_text", "text": "A cat.", "annotations": []}]
    declined = [{"type": "refusal", "refusal": "No."}]
    assert messages(
        {"role": "user", "content": [text, image, file]},
        {**answer, "content": said},
        {"role": "user", "content": [text]},
        {**answer, "content": declined},
        {"role": "developer", "content": "Go on."},
    ) == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,x", "detail": "low"}},
                {
                    "type": "file",
                    "file": {"file_data": "data:application/pdf;base64,x", "filename": "a.pdf"},
                },
            ],
        },
        {"role": "assistant", "content": "A cat."},
        {"role": "user", "content": "What is this?"},
        {"role": "assistant", "content": "No."},
        {"role": "developer", "content": "Go on."},
    ]


def call(number: int) -> dict[str, Any]:
    return {"type": "function_call", "call_id": f"call_{number}", "name": "f", "arguments": "{}"}


def output(number: int) -> dict[str, Any]:
    said = [{"type": "input_text", "text": str(number)}]
    return {"type": "function_call_output", "call_id": f"call_{number}", "output": said}


def test_parallel_calls_share_a_turn_and_later_ones_have_their_own():
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
    spoken = {"role": "assistant", "content": "Let me see."}
    user = {"role": "user", "content": "Hello"}
    found = messages(user, thought, spoken, call(1), call(2), output(1), output(2), call(3), output(3))
    assert [one["role"] for one in found] == ["user", "assistant", "tool", "tool", "assistant", "tool"]
    assert found[1]["content"] == "Let me see."
    assert [one["id"] for one in found[1]["tool_calls"]] == ["call_1", "call_2"]
    assert [(one.get("content"), one["tool_calls"][0]["id"]) for one in found[4:5]] == [(None, "call_3")]
    assert found[2] == {"role": "tool", "tool_call_id": "call_1", "content": "1"}


def test_parameters_have_chats_names_and_unknown_ones_go_on():
    told = chat(
        stream=True,
        max_output_tokens=9,
        reasoning={"effort": "low", "summary": "auto"},
        text={"format": {"type": "json_object"}, "verbosity": "low"},
        include=["message.output_text.logprobs"],
        top_logprobs=2,
        seed=7,
        stop=["END"],
        n=3,
        prompt_cache_key="k",
        store=False,
        metadata={"a": "b"},
        parallel_tool_calls=True,
        tool_choice="auto",
    )
    told.pop("messages")
    assert told == {
        "model": "polylect/auto",
        "stream": True,
        "polylect": None,
        "max_completion_tokens": 9,
        "reasoning_effort": "low",
        "verbosity": "low",
        "response_format": {"type": "json_object"},
        "logprobs": True,
        "top_logprobs": 2,
        "seed": 7,
        "stop": ["END"],
    }


TOOLS = [{"type": "function", "name": name, "strict": True} for name in ("walk", "talk")]


@pytest.mark.parametrize(
    ("choice", "sent", "names"),
    [
        ("required", "required", ["walk", "talk"]),
        (
            {"type": "function", "name": "talk"},
            {"type": "function", "function": {"name": "talk"}},
            ["walk", "talk"],
        ),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "talk"}]},
            "required",
            ["talk"],
        ),
    ],
)
def test_tools_and_the_choice_among_them(choice, sent, names):
    told = chat(tools=TOOLS, tool_choice=choice, parallel_tool_calls=False)
    assert [tool["function"]["name"] for tool in told["tools"]] == names
    assert told["tools"][0]["function"]["strict"] is True
    assert (told["tool_choice"], told["parallel_tool_calls"]) == (sent, False)


def test_what_goes_through_untouched_is_measured_by_its_words_alone():
    image = {"type": "input_image", "image_url": "data:image/png;base64," + "x" * 10_000}
    told = {
        "model": "scripted",
        "instructions": "Be kind.",
        "input": [{"role": "user", "content": [image, {"type": "input_text", "text": "Hello"}]}],
        "max_output_tokens": 9,
    }
    measured = stand_in(read_addressed_request(json.dumps(told).encode()))
    assert measured.messages[0].content == "Be kind.\nHello"
    assert measured.model_extra == {"max_completion_tokens": 9}
