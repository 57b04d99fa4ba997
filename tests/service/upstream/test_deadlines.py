"""How long a proxied answer may last, and how long is waited for a connection."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

HELLO = [{"role": "user", "content": "Hello"}]


async def _talk_on(request: Request) -> Response:
    """Never silent for long, and never done within seconds."""
    body = await request.json()
    piece = b'data: {"choices":[]}\n\n' if body.get("stream") else b" "

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(60):
            yield piece
            await asyncio.sleep(0.05)
        yield b"{}"

    kind = "text/event-stream" if body.get("stream") else "application/json"
    return StreamingResponse(pieces(), media_type=kind)


@pytest.fixture(scope="module")
def talkative(serve: Any, serve_settings: Any, settings_for: Any) -> Iterator[str]:
    paths = ("chat/completions", "completions", "embeddings", "responses")
    app = Starlette(routes=[Route(f"/v1/{path}", _talk_on, methods=["POST"]) for path in paths])
    patience = {"direct_seconds": 0.3, "request_seconds": 30.0, "retries": 0}
    with serve(app) as url, serve_settings(settings_for(f"{url}/v1", **patience)) as service:
        yield service


@pytest.fixture(scope="module")
def unreachable() -> Iterator[str]:
    """An address where nobody accepts: its queue is full, and so a connection is neither made nor refused."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


def post(url: str, path: str = "chat/completions", **body: Any) -> tuple[httpx.Response, float]:
    """The answer, and the seconds that it took."""
    asked = {"model": "scripted", "messages": HELLO, "prompt": "Hello", "input": "Hello", **body}
    begun = time.monotonic()
    answer = httpx.post(f"{url}/v1/{path}", content=json.dumps(asked).encode(), timeout=20)
    return answer, time.monotonic() - begun


@pytest.mark.parametrize("path", ["chat/completions", "embeddings"])
def test_a_proxied_answer_that_lasts_too_long_is_504(talkative, path):
    answer, seconds = post(talkative, path)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (504, "backbone_timeout")
    assert "within 0.3 s" in error["message"]
    assert 0.3 <= seconds < 2.8


@pytest.mark.parametrize("path", ["completions", "responses"])
def test_a_proxied_stream_that_lasts_too_long_ends_with_an_error(talkative, path):
    answer, seconds = post(talkative, path, stream=True)
    assert answer.status_code == 200
    assert "choices" in answer.text
    assert "no end of the answer within 0.3 s" in answer.text
    assert '"code":"backbone_timeout"' in answer.text
    assert 0.3 <= seconds < 2.8


def test_a_connection_is_not_waited_for_longer_than_said(unreachable, serve_settings, settings_for):
    with serve_settings(settings_for(unreachable, connect_seconds=0.3, retries=0)) as service:
        answer, seconds = post(service)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (503, "backbone_unavailable")
    assert "no connection in time" in error["message"]
    assert 0.3 <= seconds < 2.8
