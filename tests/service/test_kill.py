"""Fifty clients die, each at its own moment: nothing runs on for them, and a neighbour notices nothing."""

import asyncio
import json
import random
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

CLIENTS = 50
SEED = 20_261_120
SURVIVOR = "I stay."
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Death:
    """How one client ends: seconds after it has asked, or frames of content that it reads before that."""

    stream: bool
    reset: bool
    after: float = 0.0
    frames: int = 0


def deaths(chance: random.Random) -> list[Death]:
    """A third before the first token, a third in mid-stream, a third while a whole answer is made."""
    dying = []
    for number in range(CLIENTS):
        reset = chance.random() < 0.5
        if number % 3 == 0:
            dying.append(Death(stream=True, reset=reset, after=chance.uniform(0, 0.2)))
        elif number % 3 == 1:
            dying.append(Death(stream=True, reset=reset, frames=chance.randint(1, 4)))
        else:
            dying.append(Death(stream=False, reset=reset, after=chance.uniform(0, 0.8)))
    return dying


def request(url: str, body: dict[str, Any]) -> bytes:
    content = json.dumps(body).encode()
    host = urlsplit(url).netloc
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


async def live_and_die(url: str, model: str, death: Death) -> int:
    """Ask, wait for the moment, close the socket; how many bytes of an answer were seen."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    seen = b""
    try:
        body = {"model": model, "messages": [{"role": "user", "content": "Hello"}], "stream": death.stream}
        writer.write(request(url, body))
        await writer.drain()
        await asyncio.sleep(death.after)
        while seen.count(b"data: ") < death.frames:
            piece = await reader.read(4096)
            assert piece, f"the answer ended before the client did: {seen!r}"
            seen += piece
    finally:
        leave(writer, reset=death.reset)
    return len(seen)


def leave(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    """Close the socket: with a FIN, as a client that ends does, or with an RST, as one that crashes."""
    if reset:
        dying = writer.get_extra_info("socket")
        dying.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.close()


async def stay(url: str, model: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=20) as client:
        body = {"model": model, "messages": [{"role": "user", "content": SURVIVOR}]}
        return await client.post(f"{url}/v1/chat/completions", json=body)


@pytest.fixture
def slow(backbone):
    """Answers take ten seconds, except those for clients that stay."""
    reply = type(backbone.reply({}))

    def answer(body: dict[str, Any]) -> Any:
        stays = SURVIVOR in json.dumps(body)
        return (
            reply(pause=0.05)
            if stays
            else reply(words=["The elders of this house speak first of all. "] * 50, pause=0.2)
        )

    backbone.reply = answer
    return backbone


@pytest.mark.parametrize("model", ["polylect/direct", "polylect/contextual", "polylect/multiplex"])
async def test_fifty_clients_die_and_nothing_runs_on(service, slow, caplog, model):
    dying = deaths(random.Random(SEED))
    staying = asyncio.create_task(stay(service, model))
    seen = await asyncio.gather(*(live_and_die(service, model, death) for death in dying))
    gone = time.monotonic()
    assert all(bool(count) == bool(death.frames) for count, death in zip(seen, dying, strict=True))
    answer = await staying
    assert answer.json()["choices"][0]["message"]["content"] == "All is well."
    while slow.running and time.monotonic() < gone + 1:  # noqa: ASYNC110  # it counts in another thread
        await asyncio.sleep(0.01)
    assert slow.running == 0
    asked = len(slow.bodies)
    reading = sum(bool(death.frames) for death in dying)
    assert asked > reading, "nobody died in a call that had not answered yet: too early for this test"
    await asyncio.sleep(0.3)
    assert len(slow.bodies) == asked, "a run went on asking for a client that is dead"
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("reset", [False, True])
async def test_a_client_that_dies_in_its_own_body_is_no_failure_of_ours(service, backbone, caplog, reset):
    place = urlsplit(service)
    body = {"model": "polylect/multiplex", "messages": [{"role": "user", "content": "Hello"}]}
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(request(service, body)[:-9])
    await writer.drain()
    await asyncio.sleep(0.05)
    leave(writer, reset=reset)
    await asyncio.sleep(0.2)
    assert backbone.bodies == []
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
