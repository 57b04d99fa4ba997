"""What a body says, and what reading it costs."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request

from service.disconnect import ClientGone
from service.errors import InvalidRequest
from service.reading import read_body, read_chat_request
from service.settings import Settings

HELLO = [{"role": "user", "content": "Hello"}]
MEBIBYTE = 2**20


def request(*messages: dict[str, Any], **headers: str) -> Request:
    """A request whose body arrives in these messages."""
    app = Starlette()
    app.state.settings = Settings(max_body_bytes=1_000, body_seconds=0.05)
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    coming = list(messages)

    async def receive() -> dict[str, Any]:
        return coming.pop(0)

    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw, "app": app}, receive)


def piece(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_is_its_pieces_joined():
    assert await read_body(request(piece(b'{"a"', more=True), piece(b": 1}"))) == b'{"a": 1}'


async def test_a_body_as_large_as_allowed_is_read():
    assert len(await read_body(request(piece(b"x" * 1_000), content_length="1000"))) == 1_000


async def test_a_body_is_refused_at_the_cap_before_its_end():
    endless = request(piece(b"x" * 600, more=True), piece(b"x" * 600, more=True))
    with pytest.raises(InvalidRequest, match="1,000 bytes") as caught:
        await read_body(endless)
    assert (caught.value.status, caught.value.code) == (413, "body_too_large")


async def test_a_client_that_leaves_in_its_body_is_gone():
    with pytest.raises(ClientGone):
        await read_body(request(piece(b"{", more=True), {"type": "http.disconnect"}))


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON; Charset="UTF-8"',
        "application/vnd.api+json",
        "",
    ],
)
async def test_json_may_be_called_so_in_many_ways(kind):
    assert await read_body(request(piece(b"{}"), content_type=kind)) == b"{}"


@pytest.mark.parametrize("model", ["scripted", "polylect/direct", "polylect/direct@scripted"])
def test_what_a_backbone_answers_alone_is_the_backbones_to_judge(model):
    odd = {"stop": 5, "temperature": "warm", "tools": {}, "max_tokens": 0, "stream_options": {}}
    message = {"role": "ipython", "content": [{"no": "type"}, "text"]}
    wire = read_chat_request(json.dumps({"model": model, "messages": [message], **odd}).encode())
    assert wire.model_extra == {name: value for name, value in odd.items() if name != "stream_options"}
    assert wire.messages[0].model_dump(exclude_unset=True) == message


@pytest.mark.parametrize(
    "more",
    [
        {"model": "polylect/auto"},
        {"model": "polylect/multiplex@scripted"},
        {"model": "scripted", "polylect": {"mode": "contextual"}},
        {"model": "polylect/direct", "polylect": {"mode": "multiplex"}},
    ],
)
def test_what_is_steered_is_held_to_openais_rules(more):
    with pytest.raises(InvalidRequest) as caught:
        read_chat_request(json.dumps({"messages": HELLO, "stop": 5, **more}).encode())
    assert caught.value.param == "stop"
    assert caught.value.message == "stop: Input should be a valid string or be a valid array (got 5)."


def test_parameters_of_a_steered_request_come_through_unchanged():
    asked = {"temperature": 1, "stop": ["a", "b"], "tools": [{"type": "function", "x": 1}], "other": [1.5]}
    body = {"model": "polylect/auto", "messages": HELLO, **asked}
    assert read_chat_request(json.dumps(body).encode()).model_extra == asked


def test_a_message_is_short_however_long_the_value():
    body = {"model": "polylect/auto", "messages": HELLO, "stream": "x" * 1_000_000}
    with pytest.raises(InvalidRequest) as caught:
        read_chat_request(json.dumps(body).encode())
    assert len(caught.value.message) < 200


@pytest.fixture
def child(tmp_path: Path, backbone) -> Iterator[tuple[str, int]]:
    """`polylect serve` as a process of its own: its address and its id."""
    deployment = {"model": "hosted_vllm/scripted", "api_base": backbone.url}
    configuration = {"model_list": [{"model_name": "scripted", "litellm_params": deployment}]}
    configuration["max_input_tokens"] = 10_000_000
    (tmp_path / "polylect.yaml").write_text(yaml.safe_dump(configuration), "utf-8")
    environment = {**os.environ, "POLYLECT_PORT": "0", "POLYLECT_CONFIG": str(tmp_path / "polylect.yaml")}
    command = [sys.executable, "-m", "service.cli", "serve"]
    serving = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        said = ""
        while not (found := re.search(r"http://\S+(?=/v1)", said)):
            line = serving.stderr.readline()
            assert line, f"the service ended: {said}"
            said += line
        yield found[0], serving.pid
    finally:
        serving.terminate()
        serving.wait(15)
        serving.stderr.close()


def resident(pid: int) -> float:
    """Memory in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_large_bodies_leave_memory_flat(child):
    url, pid = child
    long = "How should a child address an elder? " * 270_000
    valid = json.dumps({"model": "scripted", "messages": [{"role": "user", "content": long}]}).encode()
    bodies = {
        "valid": (200, valid),
        "cut off": (400, valid[:-1]),
        "a wrong field": (400, valid[:-1] + b', "stream": 1}'),
        "deep": (400, b"[" * 10_000_000),
        "numbers": (400, b'{"model": "polylect/auto", "x": [' + b"1," * 5_000_000 + b"NaN]}"),
    }

    with httpx.Client(timeout=30) as client:

        def send_all(times: int) -> None:
            for _ in range(times):
                for status, body in bodies.values():
                    answer = client.post(f"{url}/v1/chat/completions", content=body)
                    assert answer.status_code == status

        send_all(1)
        before = resident(pid)
        send_all(6)
        grown = resident(pid) - before
    # Kept bodies would be 300 MiB; the allocator itself keeps some tens.
    assert grown < 100, f"{grown:.0f} MiB more after 30 bodies of 10 MB"
