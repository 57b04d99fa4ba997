"""When the client leaves, nothing goes on: every call of a backbone is cancelled and the run has ended."""

import asyncio
import contextlib
import json
import socket
import time

import httpx
import pytest

from service.disconnect import ClientGone, while_connected

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "model", ["scripted", "polylect/direct", "polylect/contextual", "polylect/multiplex"]
)
@pytest.mark.parametrize("after", [0.15, 0.6])
def test_a_client_that_leaves_cancels_every_call(service, backbone, model, stream, after):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["word "] * 50, pause=0.4 if after < 0.3 else 0.1)
    body = json.dumps({"model": model, "messages": HELLO, "stream": stream}).encode()
    address = httpx.URL(service)
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {address.host}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.host, address.port)) as client:
        client.sendall(head.encode() + body)
        asked_by = time.monotonic() + 20
        while not backbone.bodies and time.monotonic() < asked_by:
            time.sleep(0.01)
        leaves = time.monotonic() + after
        while (left := leaves - time.monotonic()) > 0:
            client.settimeout(left)
            with contextlib.suppress(TimeoutError):
                client.recv(65_536)
    assert len(backbone.bodies) >= 1
    gone = time.monotonic()
    while backbone.running and time.monotonic() < gone + 1:
        time.sleep(0.01)
    assert backbone.running == 0
    asked = len(backbone.bodies)
    time.sleep(0.2)
    assert len(backbone.bodies) == asked, "the run went on asking"


async def test_work_is_cancelled_and_has_ended_before_the_word_is_given():
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def receive() -> dict[str, str]:
        await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    with pytest.raises(ClientGone):
        await while_connected(receive, work())
    assert ended.is_set()


async def test_work_that_is_done_first_gives_its_result():
    async def receive() -> dict[str, str]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def work() -> int:
        return 7

    assert await while_connected(receive, work()) == 7
