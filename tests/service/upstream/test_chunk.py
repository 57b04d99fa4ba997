"""A backbone's chunks: odd ones are named as such, and cost a council one voice."""

from typing import Any

import httpx
import pytest

from agents import BackboneUnavailable
from service.upstream.chunk import read_chunk
from tests.service.conftest import Reply

ODD: list[tuple[dict[str, Any], str]] = [
    ({"choices": [None]}, "choices.0"),
    ({"choices": {"a": 1}}, "choices"),
    ({"choices": "x"}, "choices"),
    ({"choices": [{"delta": "x"}]}, "choices.0.delta"),
    ({"choices": [{"delta": {"content": 5}}]}, "choices.0.delta.content"),
    ({"choices": [{"delta": {"tool_calls": ["x"]}}]}, "choices.0.delta.tool_calls.0"),
    ({"choices": [{"delta": {"tool_calls": [{"function": {"arguments": {}}}]}}]}, "function.arguments"),
    ({"choices": [{"finish_reason": ["stop"]}]}, "choices.0.finish_reason"),
    ({"choices": [{"logprobs": {"content": [1]}}]}, "choices.0.logprobs.content.0"),
]


@pytest.mark.parametrize(("data", "place"), ODD)
def test_what_is_no_chunk_is_said_with_its_place(data, place):
    with pytest.raises(BackboneUnavailable, match="of no known shape") as caught:
        read_chunk(data)
    assert caught.value.message.endswith(place)


@pytest.mark.parametrize("data", [{}, {"choices": None}, {"choices": []}, {"choices": [{"delta": None}]}])
def test_what_says_nothing_says_nothing(data):
    assert (read_chunk(data).delta, read_chunk(data).finish_reason) == ({}, None)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "All is"}, {"type": "text", "text": " well."}], "All is well."),
        (["All is", " well."], "All is well."),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}], ""),
        ([{"type": "text", "text": None}, 7], ""),
    ],
)
def test_the_parts_of_a_text_are_joined(content, text):
    assert read_chunk({"choices": [{"delta": {"content": content}}]}).text == text


def test_what_nobody_here_knows_is_kept():
    said = {"content": "a", "odd": {"x": [1]}, "tool_calls": [{"index": None, "function": {"name": "f"}}]}
    chunk = read_chunk({"choices": [{"delta": {"role": "assistant", **said}, "finish_reason": ""}], "y": 1})
    assert (chunk.delta, chunk.finish_reason) == (said, None)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("odd", [one for one, _ in ODD])
def test_an_odd_voice_does_not_sink_the_council(service, backbone, odd, stream):
    backbone.reply = lambda body: Reply(frames=[odd]) if "日本" in str(body["messages"]) else Reply()
    body = {
        "model": "polylect/multiplex",
        "messages": [{"role": "user", "content": "Who eats first?"}],
        "polylect": {"cultures": ["JP", "KE"], "live": False},
        "stream": stream,
    }
    answer = httpx.post(f"{service}/v1/chat/completions", json=body, timeout=20)
    assert answer.status_code == 200, answer.text
    assert '"error"' not in answer.text
    if not stream:
        statuses = {one["culture"]: one["status"] for one in answer.json()["polylect"]["perspectives"]}
        assert statuses == {"JP": "silent", "KE": "spoke"}
