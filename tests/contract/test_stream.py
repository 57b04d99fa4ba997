"""The stream, frame by frame, before a scripted backbone: order, reasons, text, silence, failure."""

import json
from typing import Any

import httpx
import openai
import pytest

from tests.contract.checks import ASKED, chunks_of, frames_of, post, text_of
from tests.service.conftest import Reply, ScriptedBackbone

STEERED = ["polylect/contextual", "polylect/multiplex"]
MODES = ["polylect/direct", *STEERED]


def body_of(model: str, **more: Any) -> dict[str, Any]:
    steering = {"polylect": {"cultures": ["JP", "KE"]}} if model in STEERED else {}
    return {"model": model, "messages": ASKED, **steering, **more}


def finally_(backbone: ScriptedBackbone, model: str, reply: Reply) -> None:
    """The final stage gets this reply; a council's voices say that all is well."""
    one_call = model != "polylect/multiplex"
    backbone.reply = lambda body: (
        reply if one_call or "All is well." in body["messages"][-1]["content"] else Reply()
    )


@pytest.mark.parametrize("model", MODES)
@pytest.mark.parametrize("reason", ["length", "content_filter", "tool_calls"])
def test_the_reason_to_end_is_the_final_stages_own(service, backbone, model, reason):
    finally_(backbone, model, Reply(finish_reason=reason))
    *_, last = chunks_of(service, body_of(model))
    if model != "polylect/direct":
        assert last["choices"][0]["finish_reason"] == reason
    assert post(service, body_of(model)).json()["choices"][0]["finish_reason"] == reason


@pytest.mark.parametrize("model", MODES)
def test_text_that_looks_like_the_wire_survives_the_stream(service, backbone, model):
    words = [
        "User:",
        " data: x\n\n",
        "data: [DONE]\n\n",
        "[DONE]",
        ": keep-alive\n\n",
        "\r\n日本\u2028\x85",
        '{"a": 1}',
    ]
    backbone.reply = lambda body: Reply(words=words)
    assert text_of(chunks_of(service, body_of(model))) == "".join(words)


@pytest.mark.parametrize("model", STEERED)
def test_the_end_is_done_and_nothing_after_it(service, model):
    content = post(service, {**body_of(model), "stream": True}).content
    assert content.count(b"[DONE]") == 1
    assert content.endswith(b"}\n\ndata: [DONE]\n\n")


@pytest.mark.parametrize(
    ("model", "steering"),
    [
        ("polylect/contextual", {}),
        ("polylect/multiplex", {"live": False}),
        ("polylect/multiplex", {"trace": True}),
    ],
)
def test_the_role_comes_first_also_where_nothing_is_said(service, backbone, model, steering):
    finally_(backbone, model, Reply(words=[]))
    chunks = chunks_of(service, body_of(model, polylect={"cultures": ["JP"], **steering}))
    told = [chunk["choices"][0]["delta"] for chunk in chunks if "event" not in chunk.get("polylect", {})]
    assert told[0]["role"] == "assistant"
    assert told[-1] == {}


SENTENCES = [f"This is sentence {number} of the four that we have to say. " for number in range(4)]


@pytest.mark.parametrize("model", STEERED)
def test_choices_interleave_by_index_and_end_each_on_its_own(service, backbone, model):
    backbone.reply = lambda body: Reply(words=list(SENTENCES), pause=0.03)
    chunks = chunks_of(service, body_of(model, n=3, stream_options={"include_usage": True}))
    *answer, usage = chunks
    spoken = [choice for chunk in answer for choice in chunk["choices"] if choice["delta"].get("content")]
    assert [text_of(answer, index) for index in range(3)] == ["".join(SENTENCES)] * 3
    assert {choice["index"] for choice in spoken[:3]} != {0}, "one choice after the other"
    ends = [choice["index"] for chunk in answer for choice in chunk["choices"] if choice["finish_reason"]]
    assert sorted(ends) == [0, 1, 2]
    calls = 3 + (2 if model == "polylect/multiplex" else 0)
    assert len(backbone.bodies) == calls
    assert usage["usage"] == {
        "prompt_tokens": 10 * calls,
        "completion_tokens": 4 * calls,
        "total_tokens": 14 * calls,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


@pytest.mark.parametrize("model", STEERED)
def test_tool_calls_stream_piece_by_piece_with_their_index(service, backbone, model):
    pieces = [
        {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"city":'}},
        {"index": 0, "function": {"arguments": '"Lima"}'}},
        {"index": 1, "id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
    ]
    finally_(backbone, model, Reply(words=[], tool_calls=pieces, finish_reason="tool_calls"))
    tool = {"type": "function", "function": {"name": "weather"}}
    chunks = chunks_of(service, body_of(model, tools=[tool]))
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert [call for delta in deltas for call in delta.get("tool_calls") or ()] == pieces
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("model", STEERED)
def test_several_tool_calls_arrive_whole(service, backbone, model):
    pieces = [
        {"index": 1, "id": "b", "type": "function", "function": {"name": "time", "arguments": "{}"}},
        {"index": 0, "id": "a", "type": "function", "function": {"name": "weather", "arguments": "{"}},
        {"index": 0, "function": {"arguments": "}"}},
    ]
    finally_(backbone, model, Reply(words=[], tool_calls=pieces, finish_reason="tool_calls"))
    tool = {"type": "function", "function": {"name": "weather"}}
    calls = post(service, body_of(model, tools=[tool])).json()["choices"][0]["message"]["tool_calls"]
    assert [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in calls] == [
        ("a", "weather", "{}"),
        ("b", "time", "{}"),
    ]
    assert all("index" not in call for call in calls)


@pytest.mark.parametrize("model", STEERED)
def test_a_refusal_is_kept(service, backbone, model):
    refusing = [
        {"choices": [{"index": 0, "delta": {"refusal": "I would"}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {"refusal": " rather not."}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    finally_(backbone, model, Reply(frames=refusing))
    message = post(service, body_of(model)).json()["choices"][0]["message"]
    assert (message["refusal"], message["content"]) == ("I would rather not.", "")


def test_usage_that_a_backbone_does_not_report_is_estimated_and_says_so(service, backbone):
    silent = [
        {"choices": [{"index": 0, "delta": {"content": "Well."}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    backbone.reply = lambda body: Reply(frames=silent)
    usage = post(service, body_of("polylect/contextual")).json()["usage"]
    assert usage["estimated"] is True
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 2


def test_keep_alives_are_comments_that_the_official_client_passes_over(client, service, backbone):
    backbone.reply = lambda body: Reply(words=["slow"], pause=0.35)
    body = body_of("polylect/contextual")
    raw = post(service, {**body, "stream": True}).text
    assert raw.startswith(": keep-alive\n\n")
    assert all(json.loads(frame) for frame in frames_of(raw)[:-1])
    steering = body.pop("polylect")
    with client.chat.completions.create(**body, stream=True, extra_body={"polylect": steering}) as stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text == "slow"


@pytest.mark.parametrize("model", STEERED)
def test_the_official_client_raises_what_an_error_frame_says(client, backbone, model):
    finally_(backbone, model, Reply(break_after=2, pause=0.2))
    request = {"model": model, "messages": ASKED, "stream": True}
    stream = client.chat.completions.create(**request, extra_body={"polylect": {"cultures": ["JP"]}})
    heard = []
    with pytest.raises(openai.APIError) as caught:
        heard.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    assert caught.value.code == "backbone_unavailable"
    assert caught.value.type == "upstream_error"
    assert "".join(heard) == "All is"


@pytest.mark.parametrize("model", STEERED)
def test_an_error_that_a_backbone_streams_never_becomes_answer_text(service, backbone, model):
    failing = [
        {"choices": [{"index": 0, "delta": {"content": "Half"}, "finish_reason": None}]},
        {"error": {"message": "out of memory", "code": 500}},
    ]
    finally_(backbone, model, Reply(frames=failing, pause=0.2))
    text = post(service, {**body_of(model), "stream": True}).text
    *chunks, error, done = frames_of(text)
    assert done == "[DONE]"
    assert json.loads(error)["error"]["code"] == "backbone_error"
    assert text_of([json.loads(chunk) for chunk in chunks]) == "Half"
    whole = post(service, body_of(model))
    assert (whole.status_code, whole.headers["x-should-retry"]) == (502, "false")


@pytest.mark.parametrize("model", MODES)
def test_a_stream_is_not_compressed_also_where_the_client_would_have_it(service, model):
    with httpx.stream(
        "POST",
        f"{service}/v1/chat/completions",
        json=body_of(model, stream=True),
        headers={"accept-encoding": "gzip, br, zstd, deflate"},
        timeout=20,
    ) as response:
        raw = b"".join(response.iter_raw())
    assert "content-encoding" not in response.headers
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    assert raw.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("model", ["scripted", "polylect/direct"])
def test_an_error_that_comes_as_a_stream_keeps_its_status(service, backbone, model):
    frame = b'data: {"error": {"message": "slow down"}}\n\n'
    headers = {"content-type": "text/event-stream", "retry-after": "17"}
    backbone.reply = lambda body: Reply(status=429, raw=frame, headers=headers)
    response = post(service, {"model": model, "messages": ASKED, "stream": True})
    assert (response.status_code, response.headers["retry-after"]) == (429, "17")
