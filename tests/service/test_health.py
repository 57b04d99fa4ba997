"""/readyz: asked by many, it asks backbones once, names them to who may use them, and turns at once."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from service.access.keys import create_key
from service.app import create_app
from service.health import Answering


@dataclass
class Counted:
    """A backbone that counts who asks whether it lives, and answers when it is let."""

    asked: int = 0
    status: int = 200
    let: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    async def models(self, request: Request) -> JSONResponse:
        self.asked += 1
        await asyncio.to_thread(self.let.wait, 5)
        return JSONResponse({"object": "list", "data": []}, self.status)


@pytest.fixture
def counted(serve) -> Iterator[Counted]:
    backbone = Counted()
    backbone.let.set()
    with serve(Starlette(routes=[Route("/v1/models", backbone.models)])) as url:
        backbone.url = f"{url}/v1"
        yield backbone
        backbone.let.set()


async def probe(url: str, times: int) -> list[httpx.Response]:
    async with httpx.AsyncClient(timeout=10, limits=httpx.Limits(max_connections=times)) as client:
        return await asyncio.gather(*(client.get(f"{url}/readyz") for _ in range(times)))


async def until_asked(backbone: Counted) -> None:
    deadline = time.monotonic() + 5
    while not backbone.asked:  # the backbone lives in another thread
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_many_probes_at_once_are_one_question(counted, serve_settings, settings_for):
    with serve_settings(settings_for(counted.url)) as url:
        counted.let.clear()
        counted.asked = 0  # the start asks, too
        probing = asyncio.create_task(probe(url, 20))
        await until_asked(counted)
        await asyncio.sleep(0.2)
        counted.let.set()
        answers = [(one.status_code, one.json()) for one in await probing]
        assert answers == [(200, {"status": "ready", "backbones": {"scripted": True}})] * 20
        assert counted.asked == 1


async def test_an_outcome_is_believed_for_a_second(counted, serve_settings, settings_for):
    with serve_settings(settings_for(counted.url)) as url:
        counted.asked = 0  # the start asks, too
        await probe(url, 1)
        counted.status = 500
        assert (await probe(url, 1))[0].status_code == 200
        assert counted.asked == 1
        await asyncio.sleep(1.05)
        (late,) = await probe(url, 1)
    assert (late.status_code, late.json()["backbones"]) == (503, {"scripted": False})
    assert counted.asked == 2


async def test_a_stop_turns_it_at_once_whatever_is_remembered_or_under_way(
    counted, serve, settings_for, knowledge
):
    app = create_app(settings_for(counted.url), knowledge=knowledge)
    with serve(app) as url:
        counted.let.clear()
        counted.asked = 0  # the start asks, too
        probing = asyncio.create_task(probe(url, 2))
        await until_asked(counted)
        app.state.draining.begun = True
        (now,) = await probe(url, 1)
        assert (now.status_code, now.json()) == (503, {"status": "stopping", "backbones": {}})
        counted.let.set()
        assert [one.json()["status"] for one in await probing] == ["stopping", "stopping"]
        assert [one.status_code for one in await probe(url, 2)] == [503, 503]


@pytest.fixture
def keyed(counted, serve_settings, settings_for, tmp_path) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a service with keys, and what to send as Authorization, by the name of a key."""
    path = tmp_path / "keys.json"
    allowed: dict[str, Any] = {"all": {}, "narrow": {"models": ("polylect/*",)}}
    sent = {name: f"Bearer {create_key(path, name, **more)[1]}" for name, more in allowed.items()}
    with serve_settings(settings_for(counted.url, keys_file=path)) as url:
        yield url, sent


@pytest.mark.parametrize("status", [200, 500])
def test_with_keys_backbones_are_named_to_who_may_use_them(keyed, counted, status):
    counted.status = status
    url, sent = keyed
    expected = 200 if status == 200 else 503
    for headers in ({}, {"Authorization": "Bearer pl-wrong"}, {"Authorization": sent["narrow"]}):
        answer = httpx.get(f"{url}/readyz", headers=headers)
        assert (answer.status_code, answer.json()["backbones"]) == (expected, {})
        assert "scripted" not in answer.text
    answer = httpx.get(f"{url}/readyz", headers={"Authorization": sent["all"]})
    assert (answer.status_code, answer.json()["backbones"]) == (expected, {"scripted": status == 200})


async def test_the_log_names_who_does_not_answer_once_for_each_change(caplog):
    rounds = iter([{"a": True, "b": True}, {"a": False, "b": False}, {"a": False, "b": False}, {"a": True}])
    now = 0.0

    async def ask() -> dict[str, bool]:
        return next(rounds)

    answering = Answering(ask, clock=lambda: now)
    caplog.set_level(logging.INFO, "polylect")
    for second in (0.0, 1.0, 2.0, 3.0):
        now = second
        await answering.answers()
    assert caplog.messages == ["no answer from a, b", "all backbones answer again"]


async def test_who_leaves_while_it_is_asked_takes_no_answer_from_the_next():
    asked = []

    async def ask() -> dict[str, bool]:
        asked.append(len(asked))
        await asyncio.sleep(0.05)
        return {"a": True}

    answering = Answering(ask)
    first, second = (asyncio.create_task(answering.answers()) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    assert await second == {"a": True}
    assert len(asked) == 2
