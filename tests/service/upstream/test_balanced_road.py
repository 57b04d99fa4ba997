"""Several equal deployments behind one name: a council stays together, and the dead are passed over."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, aclosing
from typing import Any

import httpx
import pytest

from agents import BackboneUnavailable, FakeModel, ModelRequest
from service.settings import Settings
from service.upstream.balanced_road import BalancedRoad


def deployment(url: str, name: str = "pair") -> dict[str, Any]:
    return {"model_name": name, "litellm_params": {"model": "openai/scripted", "api_base": url}}


@pytest.fixture(scope="module")
def dead() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"


@pytest.fixture(scope="module")
def twin(_backbone: Any, serve: Any) -> Iterator[Any]:
    twin = type(_backbone)()
    with serve(twin.app()) as url:
        twin.url = f"{url}/v1"
        yield twin


@pytest.fixture(scope="module")
def balanced(_backbone: Any, twin: Any, dead: str, serve_settings: Any) -> Iterator[str]:
    half_dead = [deployment(url, "half-dead") for url in (dead, _backbone.url)]
    pair = [deployment(url) for url in (_backbone.url, twin.url)]
    with serve_settings(Settings(model_list=[*pair, *half_dead], retries=0)) as url:
        yield url


def post(url: str, model: str, text: str, **more: Any) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    return httpx.post(f"{url}/v1/chat/completions", content=json.dumps(body).encode(), timeout=20)


def test_conversations_are_spread_and_each_council_stays_together(balanced, backbone, twin):
    twin.forget()
    for number in range(12):
        before = len(backbone.bodies), len(twin.bodies)
        steering = {"cultures": ["JP", "KE"]}
        answer = post(balanced, "polylect/multiplex@pair", f"{number}: who eats first?", polylect=steering)
        assert answer.status_code == 200
        made = len(backbone.bodies) - before[0], len(twin.bodies) - before[1]
        assert sorted(made) == [0, 3], "the voices of one council went to different deployments"
    assert backbone.bodies
    assert twin.bodies


def test_a_backbones_own_id_goes_through_byte_by_byte(balanced, backbone, twin):
    twin.forget()
    answer = post(balanced, "pair", "Hello", odd=[1])
    asked = backbone.bodies or twin.bodies
    assert asked[0]["odd"] == [1]
    assert answer.json()["id"] == "chatcmpl-scripted"


def test_a_proxied_stream_runs_until_it_is_closed(balanced, backbone, twin):
    twin.forget()
    reply = type(backbone.reply({}))
    backbone.reply = twin.reply = lambda body: reply(words=["word "] * 400, pause=0.1)
    body = {"model": "pair", "messages": [{"role": "user", "content": "Always the same"}], "stream": True}
    with httpx.Client(timeout=20, limits=httpx.Limits(max_connections=40)) as client:
        with ExitStack() as streams:
            for _ in range(30):  # one after the other: each has its headers before the next one asks
                asking = client.stream("POST", f"{balanced}/v1/chat/completions", json=body)
                assert streams.enter_context(asking).status_code == 200
            made = sorted((backbone, twin), key=lambda one: len(one.bodies))
            few, many = (len(one.bodies) for one in made)
            assert few + many == 30
            assert few >= 2, "all went to one deployment"
        deadline = time.monotonic() + 5
        while backbone.running + twin.running and time.monotonic() < deadline:
            time.sleep(0.02)
        assert backbone.running + twin.running == 0
        backbone.reply = twin.reply = lambda body: reply()
        assert client.post(f"{balanced}/v1/chat/completions", json=body).status_code == 200
    assert len(made[1].bodies) == many + 1, "what has ended counts no more"


@pytest.mark.parametrize("stream", [False, True])
def test_what_an_app_asks_behind_one_long_prompt_is_spread_and_each_conversation_stays(
    balanced, backbone, twin, stream
):
    twin.forget()
    prompt = {"role": "system", "content": "You serve the customers of a shop. " * 200}
    for number in range(12):
        turns = [prompt, {"role": "user", "content": f"{number}: who eats first?"}]
        before = len(backbone.bodies), len(twin.bodies)
        for _ in range(2):
            body = {"model": "pair", "messages": turns, "stream": stream}
            answer = httpx.post(f"{balanced}/v1/chat/completions", json=body, timeout=20)
            assert answer.status_code == 200
            turns += [{"role": "assistant", "content": "The elders."}, {"role": "user", "content": "Why?"}]
        made = len(backbone.bodies) - before[0], len(twin.bodies) - before[1]
        assert sorted(made) == [0, 2], "the turns of one conversation went to different deployments"
    assert backbone.bodies
    assert twin.bodies


@pytest.mark.parametrize("model", ["half-dead", "polylect/contextual@half-dead"])
@pytest.mark.parametrize("stream", [False, True])
def test_what_one_cannot_take_goes_to_the_next(balanced, backbone, model, stream):
    answers = [post(balanced, model, f"{number}?", stream=stream) for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len(backbone.bodies) == 6


class Road(FakeModel):
    """A FakeModel where a road is expected."""

    model = "fake"

    def __init__(self, base: str, **more: Any) -> None:
        super().__init__(**more)
        self.base = base


async def say(road: BalancedRoad, text: str) -> str:
    request = ModelRequest([{"role": "user", "content": text}], "contextual", conversation=text)
    async with aclosing(road.stream(request)) as chunks:
        return "".join([chunk.text async for chunk in chunks])


async def test_one_that_is_much_busier_than_the_others_is_passed_over():
    roads = [Road(base, answer=lambda _: [0.2, "Yes."]) for base in ("one", "two")]
    balanced = BalancedRoad(roads)  # type: ignore[arg-type]
    await asyncio.gather(*(say(balanced, "always the same") for _ in range(40)))
    asked = sorted(len(road.requests) for road in roads)
    assert sum(asked) == 40
    assert asked[0] >= 4, "all went to one deployment"


async def test_one_that_failed_is_asked_last_for_a_while():
    def fail(_: Any) -> Exception:
        return BackboneUnavailable("gone")

    broken, sound = Road("one", answer=fail), Road("two", answer=lambda _: "Yes.")
    balanced = BalancedRoad([broken, sound])  # type: ignore[list-item]
    assert [await say(balanced, str(number)) for number in range(20)] == ["Yes."] * 20
    assert len(broken.requests) == 1


async def test_when_all_fail_the_last_ones_error_is_told():
    roads = [Road(base, answer=lambda _: BackboneUnavailable("gone")) for base in ("one", "two")]
    with pytest.raises(BackboneUnavailable, match="gone"):
        await say(BalancedRoad(roads), "Hello")  # type: ignore[arg-type]
    assert [len(road.requests) for road in roads] == [1, 1]


async def test_a_stream_that_broke_off_is_not_begun_anew_elsewhere():
    script = ["Half", BackboneUnavailable("broke off")]
    roads = [Road(base, answer=lambda _: script) for base in ("one", "two")]
    with pytest.raises(BackboneUnavailable):
        await say(BalancedRoad(roads), "Hello")  # type: ignore[arg-type]
    assert sum(len(road.requests) for road in roads) == 1
