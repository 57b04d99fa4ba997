"""A service with its playground on one port, before a scripted backbone that speaks four languages slowly."""

import json
import socket
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from agents import Knowledge
from service.app import create_app
from service.impatient import impatient
from service.playground import mount_playground
from service.settings import Settings
from tests.service.conftest import Reply, ScriptedBackbone, _backbone, backbone, settings_for

__all__ = ["_backbone", "backbone"]

if find_spec("gradio") is None:  # the extra playground is not installed
    collect_ignore_glob = ["test_*.py", "view/*"]

WORDS = tomllib.loads((Path(__file__).parent / "voices.toml").read_text("utf-8"))


def speak(pause: float) -> Callable[[dict[str, Any]], Reply]:
    """A backbone that speaks as each instruction asks, with `pause` seconds before each word."""

    def reply(body: dict[str, Any]) -> Reply:
        asked = json.dumps(body["messages"][-1], ensure_ascii=False)
        for sign, said in WORDS["spoken"].items():
            if sign in asked:
                return Reply(words=_words(said), pause=pause)
        return Reply(words=_words(WORDS["answer" if "perspective" in asked else "plain"]), pause=pause)

    return reply


def _words(text: str) -> list[str]:
    """Three letters a time where a script has no spaces, else word by word."""
    if text.count(" ") > len(text) / 12:
        return [f"{word} " for word in text.split(" ")]
    return [text[place : place + 3] for place in range(0, len(text), 3)]


@contextmanager
def serving_playground(settings: Settings, knowledge: Knowledge) -> Iterator[str]:
    """The service and its playground, as `polylect serve` puts them together; the address of both."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        app = create_app(settings, knowledge=knowledge)
        mount_playground(app, settings, port)
        http: Any = impatient(settings)
        config = uvicorn.Config(app, log_level="critical", access_log=False, http=http, ws="none")
        config.timeout_graceful_shutdown = 2
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline, "the server did not start in time"
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            app.state.draining.begun = True
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="session")
def _playground(_backbone: ScriptedBackbone, knowledge: Knowledge) -> Iterator[str]:
    with serving_playground(settings_for(_backbone.url, voice_seconds=30.0), knowledge) as url:
        yield url


@pytest.fixture
def site(_playground: str, backbone: ScriptedBackbone) -> str:
    """The address of a service with a playground, before a backbone that speaks at once."""
    backbone.reply = speak(0.0)
    return _playground
