"""Of a backbone's words about its failure the asker is told those that help, on both roads."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from service.upstream.refusal import answered

HELLO = [{"role": "user", "content": "Hello"}]
SECRET = "Incorrect key sk-s3cret of org-s3cret"
DIRECT = {"disable_cooldowns": True}


@pytest.fixture(scope="module")
def roads(_backbone: Any, serve_settings: Any, settings_for: Any) -> Iterator[dict[str, str]]:
    """The address of a service on each road."""
    quick = {"retries": 0, "request_seconds": 10.0, "keep_alive_first": 8.0}
    with (
        serve_settings(settings_for(_backbone.url, **quick)) as fast,
        serve_settings(settings_for(_backbone.url, **quick, router_settings=DIRECT)) as translated,
    ):
        # LiteLLM silences its own warnings when it is imported: for the running test alone.
        _backbone.forget()
        assert post(translated).status_code == 200
        yield {"fast": fast, "litellm": translated}


def post(url: str, model: str = "polylect/contextual", **more: Any) -> httpx.Response:
    body = {"model": model, "messages": HELLO, **more}
    return httpx.post(f"{url}/v1/chat/completions", content=json.dumps(body).encode(), timeout=15)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
@pytest.mark.parametrize("road", ["fast", "litellm"])
def test_what_the_asker_cannot_mend_is_a_status_alone(roads, backbone, road, status, stream):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(status=status, error={"message": SECRET})
    for model in ("polylect/contextual", "polylect/multiplex"):
        answer = post(roads[road], model, stream=stream, polylect={"trace": True})
        assert answer.status_code in {502, 503}
        assert f"the backbone answered {status}" in answer.json()["error"]["message"]
        assert "s3cret" not in answer.text


@pytest.mark.parametrize("road", ["fast", "litellm"])
def test_a_silent_voice_does_not_tell_it_either(roads, backbone, road):
    reply = type(backbone.reply({}))
    refused = reply(status=401, error={"message": SECRET})
    backbone.reply = lambda body: refused if "日本" in str(body["messages"]) else reply()
    asked = {"cultures": ["JP", "KE"], "trace": True}
    answer = post(roads[road], "polylect/multiplex", polylect=asked)
    voices = {one["culture"]: one for one in answer.json()["polylect"]["perspectives"]}
    assert voices["JP"]["reason"] == "backbone_rejected: the backbone answered 401"
    assert "s3cret" not in answer.text


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [400, 422, 429])
@pytest.mark.parametrize("road", ["fast", "litellm"])
def test_what_the_asker_can_mend_is_told_in_short_and_without_tracebacks(
    roads, backbone, road, status, stream
):
    reply = type(backbone.reply({}))
    words = "it is too long\nTraceback (most recent call last):\n  File s3cret"
    backbone.reply = lambda body: reply(status=status, error={"message": words})
    answer = post(roads[road], stream=stream)
    assert answer.status_code == status
    assert "it is too long" in answer.json()["error"]["message"]
    assert "s3cret" not in answer.text
    backbone.reply = lambda body: reply(status=status, error={"message": "long " * 1_000})
    assert 400 < len(post(roads[road], stream=stream).json()["error"]["message"]) < 600


@pytest.mark.parametrize("road", ["fast", "litellm"])
def test_an_error_in_mid_stream_is_told_alike(roads, backbone, road):
    reply = type(backbone.reply({}))
    said = {"choices": [{"index": 0, "delta": {"content": "All"}, "finish_reason": None}]}
    backbone.reply = lambda body: reply(frames=[said, {"error": {"message": SECRET, "code": 401}}])
    answer = post(roads[road], stream=True)
    assert '"error"' in answer.text
    assert "s3cret" not in answer.text


def test_an_error_in_mid_stream_keeps_the_words_that_help(roads, backbone):
    reply = type(backbone.reply({}))
    said = {"choices": [{"index": 0, "delta": {"content": "All"}, "finish_reason": None}]}
    backbone.reply = lambda body: reply(frames=[said, {"error": {"message": "too long", "code": 400}}])
    assert "the backbone failed in mid-stream: too long" in post(roads["fast"], stream=True).text


@pytest.mark.parametrize("status", [400, 401, 500])
def test_only_an_answers_beginning_can_be_long(status):
    assert len(answered(status, "x" * 10**6)) < 600


class Hostile:
    """A backbone that sends others elsewhere, or refuses without an end. `hits`: those who went."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.sent = 0
        self.status = 307

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/models", self._lead, methods=["GET"]),
                Route("/v1/chat/completions", self._lead, methods=["POST"]),
                Route("/victim", self._hit, methods=["GET", "POST"]),
            ]
        )

    async def _hit(self, request: Request) -> Response:
        self.hits.append(request.url.path)
        return Response(b"{}", media_type="application/json")

    async def _lead(self, request: Request) -> Response:
        if self.status < 400:
            return RedirectResponse("/victim", self.status)
        return StreamingResponse(self._endless(), self.status, media_type="application/json")

    async def _endless(self) -> AsyncIterator[bytes]:
        while self.sent < 50_000_000:
            self.sent += 10_000
            yield b"s3cret " * 1_500
            await asyncio.sleep(0)


@pytest.fixture(scope="module")
def _hostile(serve: Any, serve_settings: Any, settings_for: Any) -> Iterator[tuple[Hostile, str]]:
    hostile = Hostile()
    with serve(hostile.app()) as url, serve_settings(settings_for(f"{url}/v1", retries=0)) as service:
        yield hostile, service


@pytest.fixture
def hostile(_hostile: tuple[Hostile, str]) -> tuple[Hostile, str]:
    _hostile[0].hits.clear()
    return _hostile


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["scripted", "polylect/direct", "polylect/contextual"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(hostile, status, model, stream):
    backbone, service = hostile
    backbone.status = status
    answer = post(service, model, stream=stream)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (502, "backbone_error")
    assert f"{status}: a redirect is not followed" in error["message"]
    assert "location" not in answer.headers
    ready = httpx.get(f"{service}/readyz")
    assert ready.status_code == 503
    assert backbone.hits == []


def test_a_refusal_without_end_is_not_read_to_it(hostile):
    backbone, service = hostile
    backbone.status = 400
    begun = time.monotonic()
    answer = post(service)
    assert time.monotonic() - begun < 5
    assert answer.status_code == 400
    assert len(answer.content) < 1_000
    assert backbone.sent < 20_000_000
