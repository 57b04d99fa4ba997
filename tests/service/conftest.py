"""A scripted backbone and the service before it, both over real sockets."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import openai
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agents import Knowledge
from service.app import create_app
from service.impatient import impatient
from service.settings import Settings


@dataclass
class Reply:
    """What the backbone does with one call: words with a pause before each, or an error, or raw bytes.

    `frames` are the chunks of a stream, in place of those that the words would make.
    """

    words: list[str] = field(default_factory=lambda: ["All", " is", " well", "."])
    pause: float = 0.0
    status: int = 200
    finish_reason: str = "stop"
    error: dict[str, Any] | None = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    break_after: int | None = None
    tool_calls: list[dict[str, Any]] | None = None
    frames: list[dict[str, Any]] | None = None


@dataclass
class ScriptedBackbone:
    """An OpenAI-compatible server: a test decides its every answer and sees what it was asked."""

    reply: Callable[[dict[str, Any]], Reply] = lambda body: Reply()
    bodies: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    running: int = 0
    url: str = ""
    listed: dict[str, Any] = field(default_factory=dict)

    def forget(self) -> None:
        self.reply = lambda body: Reply()
        self.bodies.clear()
        self.raw.clear()
        self.headers.clear()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/completions", self._complete, methods=["POST"]),
                Route("/v1/embeddings", self._embed, methods=["POST"]),
                Route("/v1/models", self._models),
            ]
        )

    async def _models(self, request: Request) -> Response:
        return JSONResponse(
            {"object": "list", "data": [{"id": "scripted", "object": "model", **self.listed}]}
        )

    async def _complete(self, request: Request) -> Response:
        body = await self._remember(request)
        choice = {"index": 0, "text": "All is well.", "finish_reason": "stop"}
        answer = {"id": "cmpl-scripted", "object": "text_completion", "created": 1, "model": "scripted"}
        answer |= {"choices": [choice], "usage": _usage(Reply())}
        if not body.get("stream"):
            return JSONResponse(answer)
        frames = b"data: " + json.dumps(answer).encode() + b"\n\ndata: [DONE]\n\n"
        return Response(frames, media_type="text/event-stream")

    async def _embed(self, request: Request) -> Response:
        await asyncio.sleep(self.reply(await self._remember(request)).pause)
        data = [{"object": "embedding", "index": 0, "embedding": [0.5, -0.5]}]
        usage = {"prompt_tokens": 3, "total_tokens": 3}
        return JSONResponse({"object": "list", "data": data, "model": "scripted", "usage": usage})

    async def _remember(self, request: Request) -> dict[str, Any]:
        content = await request.body()
        self.raw.append(content)
        self.bodies.append(json.loads(content))
        self.headers.append(dict(request.headers))
        return self.bodies[-1]

    async def _chat(self, request: Request) -> Response:
        body = await self._remember(request)
        reply = self.reply(body)
        if reply.status != 200 or reply.raw is not None:
            whole = reply.raw if reply.raw is not None else json.dumps({"error": reply.error or {}}).encode()
            return Response(whole, reply.status, reply.headers, media_type="application/json")
        self.running += 1
        if body.get("stream"):
            return _Counted(self, _stream(reply))
        try:
            for _ in reply.words:
                await asyncio.sleep(reply.pause)
                if await request.is_disconnected():
                    break
            return JSONResponse(_whole(reply))
        finally:
            self.running -= 1


class _Counted(StreamingResponse):
    """A stream that counts as running until its response ends.

    Not until its generator ends: one that was left in the middle is closed when it is collected as garbage,
    which may be long after.
    """

    def __init__(self, backbone: ScriptedBackbone, frames: AsyncIterator[bytes]) -> None:
        super().__init__(frames, media_type="text/event-stream")
        self._backbone = backbone

    async def __call__(self, *asgi: Any) -> None:
        try:
            await super().__call__(*asgi)
        finally:
            self._backbone.running -= 1


async def _stream(reply: Reply) -> AsyncIterator[bytes]:
    if reply.frames is not None:
        for body in reply.frames:
            await asyncio.sleep(reply.pause)
            yield _frame(body)
        yield b"data: [DONE]\n\n"
        return
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in reply.words]
    deltas += [{"tool_calls": [call]} for call in reply.tool_calls or ()]
    for number, delta in enumerate(deltas):
        if reply.break_after is not None and number > reply.break_after:
            yield b'data: {"half": '
            raise ConnectionResetError("scripted")
        await asyncio.sleep(reply.pause)
        yield _frame({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _frame({"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish_reason}]})
    yield _frame({"choices": [], "usage": _usage(reply)})
    yield b"data: [DONE]\n\n"


def _usage(reply: Reply) -> dict[str, int]:
    spoken = len(reply.words)
    return {"prompt_tokens": 10, "completion_tokens": spoken, "total_tokens": 10 + spoken}


def _whole(reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": "".join(reply.words)}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish_reason}
    shared = {"id": "chatcmpl-scripted", "object": "chat.completion", "created": 1, "model": "scripted"}
    return {**shared, "choices": [choice], "usage": _usage(reply)}


def _frame(body: dict[str, Any]) -> bytes:
    shared = {"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}
    return b"data: " + json.dumps({**shared, **body}).encode() + b"\n\n"


class Serving:
    """An ASGI app on a loopback port of its own, in a thread with a loop of its own."""

    def __init__(self, app: Any, settings: Settings | None = None) -> None:
        http: Any = impatient(settings) if settings else "auto"
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, log_level="critical", access_log=False, http=http, ws="none"
        )
        config.timeout_graceful_shutdown = 2
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        deadline = time.monotonic() + 30
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline, "the server did not start in time"
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture(scope="session")
def _backbone() -> Iterator[ScriptedBackbone]:
    backbone = ScriptedBackbone()
    with Serving(backbone.app()) as url:
        backbone.url = f"{url}/v1"
        yield backbone


@pytest.fixture
def backbone(_backbone: ScriptedBackbone) -> Iterator[ScriptedBackbone]:
    _backbone.forget()
    yield _backbone
    deadline = time.monotonic() + 1
    while _backbone.running and time.monotonic() < deadline:
        time.sleep(0.02)
    assert _backbone.running == 0, "calls of the backbone ran on after the test"


def settings_for(url: str, **more: Any) -> Settings:
    """Settings with the scripted backbone as the only one, quick to give up."""
    params = {"model": "hosted_vllm/scripted", "api_base": url, "api_key": "operator-secret"}
    deployment = {"model_name": "scripted", "litellm_params": params}
    quick = {"keep_alive_first": 0.3, "keep_alive_every": 0.2, "retries": 1, "voice_seconds": 2.0}
    return Settings(**{"model_list": [deployment], **quick, **more})


@pytest.fixture(scope="session")
def _service(_backbone: ScriptedBackbone, knowledge: Knowledge) -> Iterator[str]:
    settings = settings_for(_backbone.url)
    with Serving(create_app(settings, knowledge=knowledge), settings) as url:
        yield url


@pytest.fixture
def service(_service: str, backbone: ScriptedBackbone) -> str:
    """The service's address, before a scripted backbone that has just forgotten everything."""
    return _service


@pytest.fixture
def client(service: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{service}/v1", api_key="none", max_retries=0, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def serve() -> type[Serving]:
    """For tests that need a service of their own: `with serve(create_app(settings)) as url`."""
    return Serving


@pytest.fixture(scope="session", name="settings_for")
def _settings_for() -> Callable[..., Settings]:
    return settings_for


@pytest.fixture(scope="session")
def serve_settings(knowledge: Knowledge) -> Callable[[Settings], Serving]:
    return lambda settings: Serving(create_app(settings, knowledge=knowledge), settings)
