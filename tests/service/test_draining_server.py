"""SIGTERM to the service's own process: not ready first, running answers may end, the rest ends by name."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

NOTICE, DRAIN = 0.6, 1.5


@pytest.fixture
def log(tmp_path) -> Path:
    """What the service writes to standard error."""
    return tmp_path / "log"


@pytest.fixture
def child(
    request: pytest.FixtureRequest, backbone: Any, tmp_path: Path, log: Path
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    params = {"model": "hosted_vllm/scripted", "api_base": backbone.url}
    config = tmp_path / "polylect.yaml"
    config.write_text(json.dumps({"model_list": [{"model_name": "scripted", "litellm_params": params}]}))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLYLECT_")}
    environment |= {"POLYLECT_CONFIG": str(config), "POLYLECT_PORT": str(port)}
    environment |= {
        "POLYLECT_NOTICE_SECONDS": str(NOTICE),
        "POLYLECT_DRAIN_SECONDS": str(getattr(request, "param", DRAIN)),
    }
    environment["POLYLECT_PLAYGROUND"] = "false"  # it would only slow the start
    command = [sys.executable, "-m", "service.cli", "serve"]
    with log.open("wb") as written:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=written)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process)
        yield url, process
    finally:
        process.kill()
        process.wait(10)


async def test_the_stop_is_announced_then_drained_then_final(child, backbone, log):
    url, process = child
    reply = type(backbone.reply({}))
    script = {
        "short": reply(words=["a "] * 4, pause=0.25),
        "long": reply(words=["Elders come first of all in this house. "] * 100, pause=0.25),
    }
    backbone.reply = lambda body: script["short" if "short" in str(body["messages"]) else "long"]
    async with httpx.AsyncClient(timeout=20) as client:
        asked = [
            asyncio.create_task(_ask(client, url, text, stream=stream))
            for text, stream in (("short", True), ("long", True), ("long", False))
        ]
        while backbone.running < 3:  # noqa: ASYNC110  # the backbone lives in another thread
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        ready = await client.get(f"{url}/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "stopping")
        assert (await client.get(f"{url}/healthz")).status_code == 200
        short, streamed, whole = await asyncio.gather(*asked)
    assert '"finish_reason":"stop"' in short.text
    assert short.text.endswith("data: [DONE]\n\n")
    assert "service_stopping" not in short.text
    *_, error, done, rest = streamed.text.split("\n\n")
    assert json.loads(error.removeprefix("data: "))["error"]["code"] == "service_stopping"
    assert (done, rest) == ("data: [DONE]", "")
    assert '"content":"Elders come' in streamed.text
    assert (whole.status_code, whole.json()["error"]["code"]) == (503, "service_stopping")
    assert process.wait(5) == 0
    assert "stopped" in log.read_text(), "it ended before its connections were closed"
    assert backbone.running == 0


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_an_error(child, log, sent):
    _, process = child
    process.send_signal(sent)
    assert process.wait(10) == 0
    assert "stopped" in log.read_text()


@pytest.mark.parametrize("child", [20], indirect=True)
async def test_a_second_ctrl_c_waits_for_nobody(child, backbone, log):
    url, process = child
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["Elders come first of all in this house. "] * 100, pause=0.25)
    async with httpx.AsyncClient(timeout=20) as client:
        asked = asyncio.create_task(_ask(client, url, "long", stream=True))
        while not backbone.running:  # noqa: ASYNC110  # the backbone lives in another thread
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.3)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(process.wait, 10) == 0
        assert time.monotonic() - began < 10
        await asyncio.gather(asked, return_exceptions=True)
    assert "stopped" in log.read_text()


async def _ask(client: httpx.AsyncClient, url: str, text: str, *, stream: bool) -> httpx.Response:
    messages = [{"role": "user", "content": text}]
    body = {"model": "polylect/contextual", "messages": messages, "stream": stream}
    return await client.post(f"{url}/v1/chat/completions", json=body)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/healthz", timeout=1).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    pytest.fail("polylect serve did not start")
