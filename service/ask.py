"""`polylect ask`: one question to a running service, or to one started for it, with its voices to watch."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from httpx_sse import SSEError, connect_sse
from rich.console import Console

from agents import Cultures
from service.access.keys import create_key
from service.ask_view import CouncilView
from service.plain import plain
from service.settings import load_settings

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


@dataclass(frozen=True, slots=True)
class _Service:
    """Where it is, and what it wants to see: no `key` for one that asks for none."""

    base: str
    key: str = ""


def ask_service(ask: Ask, url: str | None, console: Console, *, key: str = "") -> None:
    """Print the voices and the answer as they come. `key` goes to the service at `url`, or to the local one.

    Raises:
        AskFailed: no service at `url`, none could be started, or it answered with an error.
        ConfigurationError: the configuration of the one to be started cannot be used.
    """
    with _service(url, _checked(key), console) as service:
        view = CouncilView(console, Cultures.load())
        with view:
            for headers, chunk in _chunks(service, ask):
                view.show(headers, chunk)


def _checked(key: str) -> str:
    if not (key.isascii() and key.strip().isprintable()):
        raise AskFailed("POLYLECT_API_KEY has characters that no HTTP header can carry. Copy it anew.")
    return key.strip()


@contextmanager
def _service(url: str | None, key: str, console: Console) -> Iterator[_Service]:
    """A service: the one named, the local one if it runs, else one of our own, ended after."""
    base = (url or LOCAL).rstrip("/").removesuffix("/v1")
    if _answers(base):
        yield _Service(base, key)
        return
    if url:
        raise AskFailed(f"No Polylect service answers at {url}. Start one with 'polylect serve'.")
    console.print("[dim]No service runs here: starting one with its embedded model …[/]")
    with tempfile.TemporaryDirectory() as folder:
        keys, secret = Path(folder) / "keys.json", ""
        environment = {**os.environ, "POLYLECT_HOST": "127.0.0.1"}
        # Secrets of the operator's keys are nowhere to be read: this service has one key, of its own.
        if load_settings(host="127.0.0.1").keys_file:
            _, secret = create_key(keys, "polylect ask")
            environment["POLYLECT_KEYS_FILE"] = str(keys)
        with _started(environment) as base:
            yield _Service(base, secret)


@contextmanager
def _started(environment: dict[str, str]) -> Iterator[str]:
    """The address of a service that ends with this."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "service.cli", "serve", "--port", str(port)]
    child = subprocess.Popen(command, env=environment)  # noqa: S603  # our own
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


def _chunks(service: _Service, ask: Ask) -> Generator[tuple[dict[str, str], dict[str, Any]], None, None]:
    """The answer's headers with each of its chunks, nothing in them but what a terminal may show."""
    url = f"{service.base}/v1/chat/completions"
    headers = {"Authorization": f"Bearer {service.key}"} if service.key else {}
    try:
        with (
            httpx.Client(timeout=httpx.Timeout(600, connect=5), trust_env=False, headers=headers) as client,
            connect_sse(client, "POST", url, json=ask.body()) as source,
        ):
            if source.response.status_code != 200:
                cure = " Export it as POLYLECT_API_KEY." if source.response.status_code == 401 else ""
                raise AskFailed(_reason(source.response.read()) + cure)
            for event in source.iter_sse():
                if event.data == "[DONE]":
                    return
                chunk = json.loads(event.data)
                if "error" in chunk:
                    raise AskFailed(chunk["error"]["message"])
                yield plain(dict(source.response.headers)), plain(chunk)
    except (httpx.HTTPError, SSEError) as error:
        raise AskFailed(f"The connection to {service.base} broke: {error}") from error


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace")[:500]
