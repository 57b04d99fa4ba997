"""Servers that are no Polylect, or not this one: each below a path of one server, to be started once."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

PAGES = {
    "html": HTMLResponse("<p>Hello.</p>\n\n"),
    "json": JSONResponse({}),
    "half": Response("{", media_type="application/json"),
}
"""Websites that answer everything with one page."""

HEAD = {"id": "chatcmpl-1", "created": 1, "model": "any"}
SAID = {"choices": [{"index": 0, "delta": {"content": "Hello."}, "finish_reason": None}]}
ENDED = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
WHOLE = {
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]
}
STARTED = {"type": "started", "culture": "JP", "language": "ja", "mood": "calm"}
LEAN = {"mode": "multiplex", "perspectives": [{"culture": "JP", "mood": "calm"}], "later": {"a": 1}}
"""What a server says that knows less than this client, and more."""


def app() -> Starlette:
    """All of them: `/html`, `/json`, `/half`, `/old`, `/lean`, `/cut`, `/ended`, `/garbled`, `/stuck`."""
    pages: list[BaseRoute] = [
        Route(f"/{name}/{{path:path}}", _page(page), methods=["GET", "POST"]) for name, page in PAGES.items()
    ]
    return Starlette(routes=[*pages, Route("/{name}/v1/chat/completions", _chat, methods=["POST"])])


def _page(page: Response) -> Any:
    async def answer(request: Request) -> Response:
        return page

    return answer


async def _chat(request: Request) -> Response:
    name = request.path_params["name"]
    headers = {"x-polylect-mode": "multiplex"} if name == "old" else {}
    if (await request.json())["stream"]:
        return StreamingResponse(STREAMS[name](), headers=headers, media_type="text/event-stream")
    told = {"polylect": LEAN} if name == "lean" else {}
    return JSONResponse({**HEAD, "object": "chat.completion", **WHOLE, **told}, headers=headers)


def _frame(**body: Any) -> bytes:
    chunk = {**HEAD, "object": "chat.completion.chunk", "choices": [], **body}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


async def _old() -> AsyncIterator[bytes]:
    yield _frame(**SAID)
    yield _frame(**ENDED)
    yield b"data: [DONE]\n\n"


async def _lean() -> AsyncIterator[bytes]:
    for event in (STARTED, {"type": "sang", "culture": "JP"}, "?"):
        yield _frame(polylect={"event": event})
    yield _frame(**SAID)
    yield _frame(**ENDED, polylect=LEAN)
    yield b"data: [DONE]\n\n"


async def _cut() -> AsyncIterator[bytes]:
    yield _frame(polylect={"event": STARTED})
    raise ConnectionResetError("scripted")


async def _ended() -> AsyncIterator[bytes]:
    yield _frame(polylect={"event": STARTED})


async def _garbled() -> AsyncIterator[bytes]:
    yield _frame(polylect={"event": STARTED})
    yield b'data: {"half": \n\n'


async def _stuck() -> AsyncIterator[bytes]:
    yield _frame(polylect={"event": STARTED})
    await asyncio.sleep(1)


STREAMS = {"old": _old, "lean": _lean, "cut": _cut, "ended": _ended, "garbled": _garbled, "stuck": _stuck}
