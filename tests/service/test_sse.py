"""The stream on a real socket: first token, keep-alives, headers."""

import json
import time

import httpx

HELLO = [{"role": "user", "content": "Hello"}]
STEERED = {
    "model": "polylect/multiplex",
    "messages": HELLO,
    "stream": True,
    "polylect": {"cultures": ["JP", "KE"]},
}


def stream(service: str, body: dict) -> tuple[httpx.Response, list[tuple[float, bytes]]]:
    started = time.monotonic()
    pieces = []
    with httpx.stream("POST", f"{service}/v1/chat/completions", json=body, timeout=20) as response:
        pieces += [(time.monotonic() - started, piece) for piece in response.iter_raw()]
    return response, pieces


def test_headers_say_how_to_treat_the_stream(service):
    response, pieces = stream(service, STEERED)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in response.headers
    assert b"".join(piece for _, piece in pieces).endswith(b"data: [DONE]\n\n")


def test_silence_is_filled_with_keep_alives_and_the_first_is_delayed(service, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["x"], pause=0.9)
    body = {**STEERED, "polylect": {"cultures": ["JP"], "live": False}}
    _, pieces = stream(service, body)
    alive = [at for at, piece in pieces if piece == b": keep-alive\n\n"]
    assert len(alive) >= 3
    assert alive[0] >= 0.3


def test_sentences_arrive_as_they_are_made_not_at_the_end(service, backbone):
    reply = type(backbone.reply({}))
    sentences = [f"This is sentence {number} of the four that we have to say. " for number in range(4)]
    backbone.reply = lambda body: reply(words=sentences, pause=0.15)
    _, pieces = stream(service, {"model": "polylect/contextual", "messages": HELLO, "stream": True})
    arrived = [at for at, piece in pieces if b'"content":"' in piece and b'"content":""' not in piece]
    assert len(arrived) >= 4
    assert arrived[-1] - arrived[0] >= 0.3


def test_voices_that_speak_at_once_are_asked_at_once(service, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["a"] * 3, pause=0.2)
    started = time.monotonic()
    stream(service, {**STEERED, "polylect": {"cultures": ["JP", "KE", "BR", "IN", "EG", "FR"]}})
    one_call = 0.8
    assert time.monotonic() - started < 4 * one_call


def test_an_error_before_the_first_token_keeps_its_status(service, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(status=400, error={"message": "no"})
    response, pieces = stream(service, STEERED)
    assert response.status_code == 400
    assert json.loads(b"".join(piece for _, piece in pieces))["error"]["code"] == "backbone_rejected"
