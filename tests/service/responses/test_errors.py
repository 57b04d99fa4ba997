"""What a response refuses, how it fails, and that nothing goes on when the client leaves."""

import contextlib
import json
import time
from typing import Any

import httpx
import openai
import pytest

HI: dict[str, Any] = {"model": "polylect/contextual", "input": "Hello"}
USER = {"role": "user", "content": "Hello"}


def post(service: str, body: dict[str, Any] | bytes) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(f"{service}/v1/responses", content=content, timeout=20)


def items(*more: dict[str, Any]) -> dict[str, Any]:
    return {**HI, "input": [USER, *more]}


def parts(*more: dict[str, Any]) -> dict[str, Any]:
    said = {"type": "input_text", "text": "Hello"}
    return {**HI, "input": [{"role": "user", "content": [said, *more]}]}


INVALID = "invalid_value"
ALLOWED = {"type": "allowed_tools", "tools": 3}
NAMED = {"type": "function", "name": "g"}
UNSUPPORTED = "unsupported_option"
REFUSED: list[tuple[dict[str, Any] | bytes, str | None, str]] = [
    (b"{not json", None, "invalid_json"),
    (b"[]", None, INVALID),
    ({"input": "Hello"}, "model", INVALID),
    ({"model": "polylect/auto"}, "input", INVALID),
    ({**HI, "input": 7}, "input", INVALID),
    ({**HI, "input": []}, "input", INVALID),
    ({**HI, "input": [{"type": "reasoning", "summary": []}]}, "input", INVALID),
    (items({"role": "king", "content": "x"}), "input[1].role", INVALID),
    (items({"role": "user"}), "input[1].content", INVALID),
    (items({"role": "user", "content": 3}), "input[1].content", INVALID),
    (items({"type": "function_call", "call_id": "1", "name": "f"}), "input[1].arguments", INVALID),
    (items({"type": "function_call_output", "output": "x"}), "input[1].call_id", INVALID),
    (items({"type": "web_search_call", "id": "ws"}), "input[1].type", UNSUPPORTED),
    (items({"type": "item_reference", "id": "msg"}), "input[1].type", UNSUPPORTED),
    (parts({"type": "input_text"}), "input[0].content[1].text", INVALID),
    (parts({"type": "input_smell"}), "input[0].content[1].type", UNSUPPORTED),
    (parts({"type": "input_image", "file_id": "f"}), "input[0].content[1]", INVALID),
    (parts({"type": "input_file", "file_url": "http://x"}), "input[0].content[1]", INVALID),
    ({**HI, "max_output_tokens": 0}, "max_output_tokens", INVALID),
    ({**HI, "max_output_tokens": 10**9}, "max_output_tokens", INVALID),
    ({**HI, "temperature": 3}, "temperature", INVALID),
    ({**HI, "temperature": -0.1}, "temperature", INVALID),
    ({**HI, "top_p": 1.1}, "top_p", INVALID),
    ({**HI, "store": True}, "store", UNSUPPORTED),
    ({**HI, "background": True}, "background", UNSUPPORTED),
    ({**HI, "previous_response_id": "resp_1"}, "previous_response_id", UNSUPPORTED),
    ({**HI, "conversation": {"id": "conv_1"}}, "conversation", UNSUPPORTED),
    ({**HI, "prompt": {"id": "pmpt_1"}}, "prompt", UNSUPPORTED),
    ({**HI, "truncation": "perhaps"}, "truncation", INVALID),
    ({**HI, "top_logprobs": 21}, "top_logprobs", INVALID),
    ({**HI, "text": {"format": {"type": "xml"}}}, "text.format.type", INVALID),
    ({**HI, "tools": [{"type": "web_search"}]}, "tools[0].type", UNSUPPORTED),
    ({**HI, "tools": [{"type": "function"}]}, "tools[0].name", INVALID),
    (
        {**HI, "tools": [{"type": "function", "name": "f"}], "tool_choice": {"type": "mcp"}},
        "tool_choice.type",
        UNSUPPORTED,
    ),
    (
        {**HI, "tools": [{"type": "function", "name": "f"}], "tool_choice": ALLOWED},
        "tool_choice.tools",
        INVALID,
    ),
    ({**HI, "tools": [{"type": "function", "name": "f"}], "tool_choice": NAMED}, "tool_choice.name", INVALID),
    (items({"role": "user", "content": ["x"]}), "input[1].content[0]", INVALID),
    ({**HI, "input": [7]}, "input[0]", INVALID),
    ({**HI, "polylect": {"culture": []}}, "polylect.culture", INVALID),
    ({**HI, "polylect": {"cultures": ["Atlantis"]}}, "polylect.cultures", "unknown_culture"),
]


@pytest.mark.parametrize(("body", "param", "code"), REFUSED)
def test_a_bad_request_is_400_and_names_the_field_as_it_was_written(service, backbone, body, param, code):
    response = post(service, body if isinstance(body, bytes) else {**body, "stream": True})
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    named = (param or "body").split(".")[-1].rstrip("s")
    assert named in error["message"] or code == "unknown_culture"
    assert backbone.bodies == []


def test_too_long_an_input_names_the_input(backbone, serve_settings, settings_for):
    with serve_settings(settings_for(backbone.url, max_input_tokens=100)) as url:
        response = post(url, {**HI, "input": "word " * 99})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "input"


def test_what_stores_nothing_and_asks_for_nothing_is_accepted(client):
    more = {"truncation": "auto", "service_tier": "auto", "include": ["reasoning.encrypted_content"]}
    answer = client.responses.create(**HI, store=False, background=False, prompt_cache_key="k", **more)
    assert (answer.status, answer.truncation, answer.prompt_cache_key) == ("completed", "disabled", "k")


def test_an_unknown_model_is_404(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.create(model="gpt-4o", input="Hello")
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["polylect/direct", "polylect/contextual", "polylect/multiplex"])
def test_an_error_before_the_first_word_keeps_its_status(client, backbone, model, stream):
    reply = type(backbone.reply({}))
    limited = reply(status=429, error={"message": "slow down"}, headers={"Retry-After": "17"})
    backbone.reply = lambda body: limited
    with pytest.raises(openai.RateLimitError) as caught:
        client.responses.create(model=model, input="Hello", stream=stream)
    assert caught.value.response.headers["retry-after"] == "17"
    assert caught.value.code == "backbone_rejected"


def broken_off(backbone: Any) -> None:
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(break_after=2, pause=0.1)


def test_an_error_in_mid_stream_fails_the_response_and_raises_in_the_client(client, backbone):
    broken_off(backbone)
    seen = []
    with pytest.raises(openai.APIError) as caught, client.responses.create(**HI, stream=True) as stream:
        seen += stream  # what is added before the error stays
    assert "broke off" in caught.value.message
    assert caught.value.code == "backbone_unavailable"
    assert [seen[0].type, seen[-1].type] == ["response.created", "response.failed"]
    assert seen[-1].response.error.message == caught.value.message


def test_the_last_events_of_a_stream_that_failed(service, backbone):
    broken_off(backbone)
    response = post(service, {**HI, "stream": True})
    frames = [frame for frame in response.text.split("\n\n") if frame and not frame.startswith(":")]
    found = [json.loads(frame.split("\n")[1].removeprefix("data: ")) for frame in frames]
    assert [one["sequence_number"] for one in found] == list(range(len(found)))
    failed, error = found[-2:]
    assert (failed["type"], failed["response"]["status"]) == ("response.failed", "failed")
    assert failed["response"]["error"]["code"] == "server_error"
    assert failed["response"]["output"][0]["content"][0]["text"] == "All is"
    assert failed["response"]["output"][0]["status"] == "incomplete"
    assert (error["type"], error["code"], error["param"]) == ("error", "backbone_unavailable", None)
    assert error["error"]["message"] == error["message"]


def test_an_error_after_a_keep_alive_still_has_its_beginning(service, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(break_after=0, pause=0.5)
    response = post(service, {**HI, "stream": True})
    frames = [frame for frame in response.text.split("\n\n") if frame and not frame.startswith(":")]
    names = [frame.split("\n")[0].removeprefix("event: ") for frame in frames]
    assert ": keep-alive" in response.text
    assert names == ["response.created", "response.in_progress", "response.failed", "error"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["polylect/direct", "polylect/multiplex"])
def test_a_client_that_leaves_cancels_every_call(service, backbone, model, stream):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["word "] * 50, pause=0.2)
    body = {"model": model, "input": "Hello", "stream": stream}
    with (
        contextlib.suppress(httpx.TimeoutException),
        httpx.Client(timeout=0.25) as client,
        client.stream("POST", f"{service}/v1/responses", json=body) as response,
    ):
        left = time.monotonic() + 0.5
        for _ in response.iter_raw():
            if time.monotonic() > left:
                break
    assert backbone.bodies
    gone = time.monotonic()
    while backbone.running and time.monotonic() < gone + 1:
        time.sleep(0.01)
    assert backbone.running == 0
