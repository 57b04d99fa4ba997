"""`polylect ask`: one question to a running service, or to one started for it, with its voices to watch."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from httpx_sse import SSEError, connect_sse
from rich.console import Console

from agents import Cultures
from service.ask_view import CouncilView
from service.plain import plain

LOCAL = "http://127.0.0.1:8000"
_START_SECONDS = 300


class AskFailed(Exception):
    """No answer; the message says why and what to do, without control characters."""

    def __init__(self, message: str) -> None:
        super().__init__(plain(message))


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked, and how."""

    question: str
    mode: str = "auto"
    cultures: tuple[str, ...] = ()
    backbone: str | None = None

    def body(self) -> dict[str, Any]:
        """The chat request, with everything that happens to be traced."""
        model = f"polylect/{self.mode}" + (f"@{self.backbone}" if self.backbone else "")
        steering: dict[str, Any] = {"trace": True}
        if self.cultures:
            steering["cultures"] = list(self.cultures)
        messages = [{"role": "user", "content": self.question}]
        return {"model": model, "messages": messages, "stream": True, "polylect": steering}


def ask_service(ask: Ask, url: str | None, console: Console) -> None:
    """Print the voices and the answer as they come.

    Raises:
        AskFailed: no service at `url`, none could be started, or it answered with an error.
    """
    with _service(url, console) as base:
        view = CouncilView(console, Cultures.load())
        with view:
            for headers, chunk in _chunks(base, ask):
                view.show(headers, chunk)


@contextmanager
def _service(url: str | None, console: Console) -> Iterator[str]:
    """The address of a service: the one named, the local one if it runs, else one of our own, ended after."""
    base = (url or LOCAL).rstrip("/").removesuffix("/v1")
    if _answers(base):
        yield base
        return
    if url:
        raise AskFailed(f"No Polylect service answers at {url}. Start one with 'polylect serve'.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    console.print("[dim]No service runs here: starting one with its embedded model …[/]")
    command = [sys.executable, "-m", "service.cli", "serve", "--port", str(port)]
    child = subprocess.Popen(command, env={**os.environ, "POLYLECT_HOST": "127.0.0.1"})  # noqa: S603  # our own
    try:
        base = f"http://127.0.0.1:{port}"
        _wait(base, child)
        yield base
    finally:
        child.terminate()
        child.wait(15)


def _wait(base: str, child: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(base):
        if child.poll() is not None or time.monotonic() > deadline:
            raise AskFailed("The service did not start; what it said stands above.")
        time.sleep(0.2)


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/readyz", timeout=3, trust_env=False).json()["status"] in {"ready"}
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return False


def _chunks(base: str, ask: Ask) -> Generator[tuple[dict[str, str], dict[str, Any]], None, None]:
    """The answer's headers with each of its chunks, nothing in them but what a terminal may show."""
    url = f"{base}/v1/chat/completions"
    try:
        with (
            httpx.Client(timeout=httpx.Timeout(600, connect=5), trust_env=False) as client,
            connect_sse(client, "POST", url, json=ask.body()) as source,
        ):
            if source.response.status_code != 200:
                raise AskFailed(_reason(source.response.read()))
            for event in source.iter_sse():
                if event.data == "[DONE]":
                    return
                chunk = json.loads(event.data)
                if "error" in chunk:
                    raise AskFailed(chunk["error"]["message"])
                yield plain(dict(source.response.headers)), plain(chunk)
    except (httpx.HTTPError, SSEError) as error:
        raise AskFailed(f"The connection to {base} broke: {error}") from error


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace")[:500]
