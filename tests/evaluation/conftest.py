"""A scripted endpoint over a real socket, and small data to ask it about."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.service.conftest import _backbone, backbone, serve_settings  # the fixtures of a neighbour

__all__ = ["_backbone", "backbone", "serve_settings"]

Body = dict[str, Any]


@dataclass
class ScriptedEndpoint:
    """An OpenAI-compatible endpoint: a test decides what it says to each request, and sees every one.

    `say`: a request's answer, or a status to fail with; `calls`: what a council reports to have made;
    `signed_in`: the header Authorization of every request.
    """

    say: Callable[[Body], str | int] = lambda body: "A"
    calls: int | None = None
    bodies: list[Body] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    url: str = ""

    def forget(self) -> None:
        self.say, self.calls = lambda body: "A", None
        self.bodies.clear()
        self.signed_in.clear()

    @property
    def asked(self) -> list[str]:
        """The last message of every request."""
        return [body["messages"][-1]["content"] for body in self.bodies]

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/models", self._models),
            ]
        )

    async def _models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [{"id": "scripted", "object": "model"}]})

    async def _chat(self, request: Request) -> Response:
        body = await request.json()
        self.bodies.append(body)
        self.signed_in.append(request.headers["authorization"])
        said = self.say(body)
        if isinstance(said, int):
            return JSONResponse({"error": {"message": "scripted", "type": "server_error"}}, said)
        message = {"role": "assistant", "content": said}
        answer = {"id": "chatcmpl-scripted", "object": "chat.completion", "created": 1, "model": "scripted"}
        answer |= {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        answer |= {"usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}}
        answer |= {"system_fingerprint": "fp_scripted"}
        return JSONResponse(answer if self.calls is None else {**answer, "polylect": {"calls": self.calls}})


@pytest.fixture(scope="session")
def _endpoint() -> Iterator[ScriptedEndpoint]:
    endpoint = ScriptedEndpoint()
    config = uvicorn.Config(endpoint.app(), host="127.0.0.1", port=0, log_level="critical", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline, "the endpoint did not start"
        time.sleep(0.01)
    endpoint.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    yield endpoint
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def endpoint(_endpoint: ScriptedEndpoint) -> ScriptedEndpoint:
    """The endpoint, which has just forgotten everything."""
    _endpoint.forget()
    return _endpoint


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of evaluation data with twenty multiple-choice questions."""
    file = tmp_path / "data" / "blend_mcq" / "blend_mcq_derived_16regions.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("".join(json.dumps(_question(number)) + "\n" for number in range(20)), "utf-8")
    return tmp_path / "data"


def _question(number: int) -> Body:
    text = f"What is usual on day {number}?"
    return {
        "id": f"q{number}",
        "template_id": f"t{number // 2}",
        "country": ("Iran", "Mexico")[number % 2],
        "question_en": text,
        "question_local": text,
        "locale": "en",
        "choices": {"A": "bread", "B": "rice", "C": "maize", "D": "tea"},
        "answer": "B",
        "strict": True,
    }
