"""The SDK before a live service before a scripted backbone; sync and async by the same tests."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from polylect import AnswerStream, AsyncAnswerStream, AsyncPolylect, Event, Polylect

from tests.clients.conftest import answer
from tests.sdk import strangers as servers
from tests.service.conftest import Serving, _backbone, _service, backbone, serve_settings, service
from tests.service.conftest import _settings_for as settings_for

__all__ = ["_backbone", "_service", "backbone", "serve_settings", "service", "settings_for"]

SAID = "All is well. Really."
QUESTION = "How should a child address an elder?"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("OPENAI_", "POLYLECT_")):
            monkeypatch.delenv(name)


@pytest.fixture
def url(service: str, backbone: Any) -> str:
    """The service's address, as a user writes it; the backbone obeys OpenAI's contract."""
    backbone.reply = answer
    return service


class Told:
    """What a client gave back: an answer, or a stream and its events; what was seen once it was left."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.result: Any = None
        self.stream: Any = None
        self.seen: Any = None

    @property
    def types(self) -> list[str]:
        """The types of the events, repetitions left out."""
        types = [event.type for event in self.events]
        return [one for at, one in enumerate(types) if at == 0 or types[at - 1] != one]


class Client:
    """One of the two clients, asked in the same way."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind = kind
        self.url = url
        self.look: Callable[[], object] = lambda: None
        """Looks around when a stream was left, while the client is open still."""

    async def __call__(self, method: str, *arguments: Any, **options: Any) -> Any:
        """The result of a method that does not stream."""
        told = Told()
        await self.take(told, method, *arguments, **options)
        return told.result

    async def take(
        self, told: Told, method: str, *arguments: Any, most: int | None = None, **options: Any
    ) -> Told:
        """Call it and keep what comes; of a stream `most` events, after which its `with` is left."""
        take = self._take_async if self.kind == "async" else self._take_in_thread
        await take(told, method, most, *arguments, **options)
        return told

    async def _take_in_thread(
        self, told: Told, method: str, most: int | None, *given: Any, **named: Any
    ) -> None:
        await asyncio.to_thread(self._take, told, method, most, *given, **named)

    def _take(self, told: Told, method: str, most: int | None, *given: Any, **named: Any) -> None:
        with Polylect(base_url=self.url, max_retries=0, timeout=20) as client:
            told.result = getattr(client, method)(*given, **named)
            if not isinstance(told.result, AnswerStream):
                return
            told.stream = told.result
            with told.stream as stream:
                for event in stream:
                    told.events.append(event)
                    if len(told.events) == most:
                        break
            told.seen = self.look()

    async def _take_async(self, told: Told, method: str, most: int | None, *given: Any, **named: Any) -> None:
        async with AsyncPolylect(base_url=self.url, max_retries=0, timeout=20) as client:
            told.result = await getattr(client, method)(*given, **named)
            if not isinstance(told.result, AsyncAnswerStream):
                return
            told.stream = told.result
            async with told.stream as stream:
                async for event in stream:
                    told.events.append(event)
                    if len(told.events) == most:
                        break
            told.seen = await asyncio.to_thread(self.look)


@pytest.fixture(params=["sync", "async"])
def client_of(request: pytest.FixtureRequest) -> Callable[[str], Client]:
    """Makes a client of an address: of the one kind, then of the other."""
    return lambda url: Client(request.param, url)


@pytest.fixture
def client(client_of: Callable[[str], Client], url: str) -> Client:
    return client_of(url)


@pytest.fixture(scope="session")
def strangers() -> Iterator[str]:
    """The address below which the servers of strangers.py are."""
    with Serving(servers.app()) as url:
        yield url


def ends(backbone: Any) -> bool:
    """Whether within a second the backbone has no call to answer any more, and gets no new one."""
    deadline = time.monotonic() + 1
    while backbone.running and time.monotonic() < deadline:
        time.sleep(0.01)
    asked = len(backbone.bodies)
    time.sleep(0.2)
    return backbone.running == 0 and len(backbone.bodies) == asked
