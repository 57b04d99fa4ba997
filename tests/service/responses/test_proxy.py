"""A backbone's own id: its own /responses, byte by byte, errors included; translated where it has none."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import openai
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agents import FakeModel, Usage
from service.app import create_app
from service.usage_tail import UsageTail

USAGE = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
WHOLE = {"id": "resp_theirs", "object": "response", "output": [], "usage": USAGE, "theirs": True}
FRAMES = [
    b'event: response.created\ndata: {"type":"response.created","sequence_number":0,"response":{}}\n\n',
    b'event: response.completed\ndata: {"type":"response.completed","sequence_number":1,"response":'
    + json.dumps(WHOLE).encode()
    + b"}\n\n",
]


class Backbone:
    """Speaks Responses itself; `bodies` is what it was sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/v1/responses", self._respond, methods=["POST"])])

    async def _respond(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        body = json.loads(self.bodies[-1])
        if body.get("previous_response_id"):
            return JSONResponse({"error": {"message": "gone", "theirs": 1}}, 404)
        if body.get("stream"):
            return StreamingResponse(
                self._frames(breaks=body["input"] == "break"), media_type="text/event-stream"
            )
        return JSONResponse(WHOLE)

    async def _frames(self, *, breaks: bool) -> AsyncIterator[bytes]:
        yield FRAMES[0]
        if breaks:
            await asyncio.sleep(0.1)  # or the first frame is lost with the connection
            raise ConnectionResetError("scripted")
        yield FRAMES[1]


@pytest.fixture(scope="module")
def theirs(serve: Any) -> Iterator[tuple[Backbone, str]]:
    backbone = Backbone()
    with serve(backbone.app()) as url:
        yield backbone, f"{url}/v1"


@pytest.fixture(scope="module")
def proxy(theirs: tuple[Backbone, str], serve_settings: Any, settings_for: Any) -> Iterator[str]:
    with serve_settings(settings_for(theirs[1])) as url:
        yield url


def test_the_bytes_go_there_and_come_back(theirs, proxy):
    backbone, url = theirs
    odd = {"model": "scripted", "store": True, "input": [{"type": "web_search_call"}], "x": 1}
    for more in ({}, {"stream": True}, {"previous_response_id": "resp_0"}):
        content = json.dumps({**odd, **more}, indent=3).encode()
        there = httpx.post(f"{proxy}/v1/responses", content=content)
        directly = httpx.post(f"{url}/responses", content=content)
        assert backbone.bodies[-2] == content
        assert (there.status_code, there.content) == (directly.status_code, directly.content)
        assert there.headers["x-polylect-mode"] == "direct"


def test_a_stream_that_breaks_off_raises_in_the_client(proxy):
    with (
        openai.OpenAI(base_url=f"{proxy}/v1", api_key="none", max_retries=0, timeout=20) as client,
        pytest.raises(openai.APIError) as caught,
        client.responses.create(model="scripted", input="break", stream=True) as stream,
    ):
        list(stream)
    assert caught.value.code == "backbone_unavailable"
    body = {"model": "scripted", "input": "break", "stream": True}
    last = httpx.post(f"{proxy}/v1/responses", json=body).text.rstrip("\n").split("\n\n")[-1]
    assert last.startswith('event: error\ndata: {"type":"error","code":"backbone_unavailable"')


def test_its_caps_are_those_of_everybody(theirs, proxy):
    body = {"model": "scripted", "input": "Hello", "max_output_tokens": 10**9}
    answer = httpx.post(f"{proxy}/v1/responses", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "max_output_tokens")
    assert b"1000000000" not in b"".join(theirs[0].bodies)


def test_its_usage_is_read_for_the_accounts():
    tail = UsageTail(prompt_tokens=99)
    for frame in FRAMES:
        tail.see(frame)
    assert tail.usage() == Usage(3, 2)


def test_a_backbone_off_the_fast_road_is_asked_in_chats_words(serve, settings_for, knowledge):
    model = FakeModel()
    with serve(create_app(settings_for("http://127.0.0.1:9/v1"), model=model, knowledge=knowledge)) as url:
        answer = httpx.post(f"{url}/v1/responses", json={"model": "fake", "input": "Hello"})
        schema = httpx.get(f"{url}/openapi.json").json()
    assert answer.headers["x-polylect-mode"] == "direct"
    assert answer.json()["output"][0]["content"][0]["text"] == "The direct speaks."
    assert "polylect" not in answer.json()
    assert list(model.requests[0].messages) == [{"role": "user", "content": "Hello"}]
    assert set(schema["components"]["schemas"]["ResponsesRequest"]["required"]) == {"model", "input"}
