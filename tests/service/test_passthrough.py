"""What is not steered arrives at the backbone, and comes back, as if we were not there."""

import json

import httpx
import pytest

from service.passthrough import whole_frames

HELLO = [{"role": "user", "content": "Hello"}]
BODY = {"model": "scripted", "messages": HELLO, "logit_bias": {"7": 1}, "unknown": ["kept"]}


def post(service: str, content: bytes, **headers: str) -> httpx.Response:
    return httpx.post(f"{service}/v1/chat/completions", content=content, headers=headers, timeout=20)


@pytest.mark.parametrize("stream", [False, True])
def test_a_backbones_own_id_is_proxied_byte_for_byte(service, backbone, stream):
    content = json.dumps({**BODY, "stream": stream}, indent=3).encode()
    there = post(service, content)
    directly = httpx.post(f"{backbone.url}/chat/completions", content=content)
    assert backbone.raw[0] == content
    assert there.content == directly.content
    assert there.status_code == 200
    assert there.headers["content-type"].split(";")[0] == directly.headers["content-type"].split(";")[0]
    assert "polylect" not in there.text


def test_direct_changes_the_model_id_alone(service, backbone):
    content = json.dumps({**BODY, "model": "polylect/direct", "polylect": {"trace": True}}).encode()
    answer = post(service, content)
    assert backbone.bodies[0] == BODY
    assert len(backbone.bodies) == 1
    assert answer.headers["x-polylect-mode"] == "direct"
    assert answer.json()["choices"][0]["message"]["content"] == "All is well."


def test_the_operators_key_goes_upstream_and_the_clients_does_not(service, backbone):
    post(
        service,
        json.dumps(BODY).encode(),
        authorization="Bearer client-secret",
        cookie="a=b",
        **{"x-evil": "1"},
    )
    sent = backbone.headers[0]
    assert sent["authorization"] == "Bearer operator-secret"
    assert "client-secret" not in json.dumps(sent)
    assert not {"cookie", "x-evil"} & set(sent)


def test_a_backbones_refusal_comes_back_as_it_is(service, backbone):
    reply = type(backbone.reply({}))
    error = {"message": "context too long", "type": "invalid_request_error", "param": None, "code": "context"}
    backbone.reply = lambda body: reply(status=400, error=error)
    answer = post(service, json.dumps(BODY).encode())
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_whole_body_that_is_not_json_is_502(service, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(raw=b"<html>bad gateway</html>", status=200)
    answer = post(service, json.dumps(BODY).encode())
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "backbone_error"


def test_a_stream_that_breaks_ends_with_an_error_frame(service, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(break_after=1, pause=0.1)
    answer = post(service, json.dumps({**BODY, "stream": True}).encode())
    *_, error, done, rest = answer.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    assert json.loads(error.removeprefix("data: "))["error"]["code"] == "backbone_unavailable"
    assert "half" not in answer.text


async def test_frames_are_carried_whole_and_unchanged():
    pieces = [b"data: 1\n", b"\ndata: 2\n\ndata: ", b"3\n\n: note\n\nda", b"ta: 4"]

    async def arriving():
        for piece in pieces:
            yield piece

    carried = [frames async for frames in whole_frames(arriving())]
    assert carried == [b"data: 1\n\ndata: 2\n\n", b"data: 3\n\n: note\n\n", b"data: 4"]
