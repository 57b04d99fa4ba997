"""Calls, tokens, budgets and slots: in memory, and in a real Redis that two replicas share."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import openai
import pytest
from limits.aio.storage import MemoryStorage
from pydantic import SecretStr

from service.access.keys import Key, create_key
from service.access.limits import KeyAdmission, RateLimits, open_rate_limits
from service.access.quota import duration
from service.access.redis_limits import RedisSlots, open_redis
from service.access.slots import LocalSlots
from service.errors import LimitsUnavailable, RateLimited, TooManyAtOnce
from service.settings import ConfigurationError

HELLO = [{"role": "user", "content": "Hello"}]


def key_of(**limits: Any) -> Key:
    return Key(id="key_a", owner="Ana", sha256="0" * 64, created=datetime.now(UTC), **limits)


def in_memory(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> RateLimits:
    return RateLimits(MemoryStorage(), LocalSlots(), now=now)


async def refused(limits: RateLimits, key: Key, *, calls: int = 1, tokens: int = 1) -> RateLimited:
    with pytest.raises(RateLimited) as caught:
        await limits.charge(key, calls=calls, tokens=tokens)
    return caught.value


async def test_headers_say_what_is_left():
    key = key_of(requests_per_minute=100, tokens_per_minute=1_000, tokens_per_month=5_000)
    headers = await in_memory().charge(key, calls=7, tokens=30)
    assert headers == {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "93",
        "x-ratelimit-reset-requests": "1m0s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "970",
        "x-ratelimit-reset-tokens": "1m0s",
    }


async def test_only_limits_that_the_key_has_are_counted():
    assert await in_memory().charge(key_of(), calls=1_000, tokens=10**9) == {}


async def test_every_call_of_a_council_counts():
    limits, key = in_memory(), key_of(requests_per_minute=15)
    await limits.charge(key, calls=7, tokens=1)
    await limits.charge(key, calls=7, tokens=1)
    error = await refused(limits, key, calls=7)
    assert (error.kind, error.code, error.status) == ("requests", "rate_limit_exceeded", 429)
    assert 1 <= int(error.headers["Retry-After"]) <= 60
    assert error.headers["x-ratelimit-remaining-requests"] == "1"
    assert "x-should-retry" not in error.headers
    assert (await limits.charge(key, calls=1, tokens=1))["x-ratelimit-remaining-requests"] == "0"


async def test_a_refused_request_costs_nothing_of_the_other_limits():
    limits, key = in_memory(), key_of(requests_per_minute=100, tokens_per_minute=50)
    await limits.charge(key, calls=1, tokens=40)
    for _ in range(3):
        assert (await refused(limits, key, calls=10, tokens=20)).kind == "tokens"
    headers = await limits.charge(key, calls=1, tokens=10)
    assert headers["x-ratelimit-remaining-requests"] == "98"
    assert headers["x-ratelimit-remaining-tokens"] == "0"


async def test_a_refused_request_does_not_even_for_a_moment_stand_in_the_way_of_others():
    class Seen(MemoryStorage):
        added: ClassVar[list[int]] = []

        async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
            self.added.append(amount)
            return await super().incr(key, expiry, amount)

    storage = Seen()
    limits, key = RateLimits(storage, LocalSlots()), key_of(requests_per_minute=10)
    await limits.charge(key, calls=7, tokens=1)
    await refused(limits, key, calls=4)
    assert storage.added == [7]


async def test_what_can_never_pass_is_not_to_be_repeated():
    limits, key = in_memory(), key_of(requests_per_minute=5, tokens_per_minute=50)
    error = await refused(limits, key, calls=7)
    assert "Retry-After" not in error.headers
    assert error.headers["x-should-retry"] == "false"
    assert "7" in error.message
    assert "5" in error.message
    assert (await limits.charge(key, calls=5, tokens=50))["x-ratelimit-remaining-tokens"] == "0"


async def test_a_minute_later_there_is_as_much_again():
    class Soon(MemoryStorage):
        async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
            assert expiry == 60
            return await super().incr(key, 0.2, amount)

    limits, key = RateLimits(Soon(), LocalSlots()), key_of(requests_per_minute=1)
    await limits.charge(key, calls=1, tokens=1)
    assert (await refused(limits, key)).headers["Retry-After"] == "1"
    await asyncio.sleep(0.25)
    await limits.charge(key, calls=1, tokens=1)


async def test_a_months_budget_ends_and_begins_with_the_calendar():
    today = datetime(2026, 12, 31, 23, 0, 0, tzinfo=UTC)
    limits, key = in_memory(lambda: today), key_of(tokens_per_month=100, tokens_per_minute=1_000)
    await limits.charge(key, calls=1, tokens=90)
    error = await refused(limits, key, tokens=20)
    assert (error.kind, error.code) == ("insufficient_quota", "insufficient_quota")
    assert error.headers["x-should-retry"] == "false"
    assert error.headers["Retry-After"] == "3600"
    today = datetime(2027, 1, 1, tzinfo=UTC)
    await limits.charge(key, calls=1, tokens=20)


async def test_a_raised_budget_remembers_what_was_used():
    limits = in_memory()
    await limits.charge(key_of(tokens_per_month=100), calls=1, tokens=90)
    await limits.charge(key_of(tokens_per_month=200), calls=1, tokens=100)
    await refused(limits, key_of(tokens_per_month=200), tokens=20)


async def test_what_is_spent_beyond_the_estimate_is_owed():
    limits, key = in_memory(), key_of(tokens_per_minute=100, tokens_per_month=1_000)
    admission = KeyAdmission(key, limits)
    await admission.charge(calls=1, tokens=10)
    for spent in (5, 300, 15):
        admission.spend(spent)
    await admission.leave()
    await admission.leave()
    error = await refused(limits, key)
    assert error.headers["x-ratelimit-remaining-tokens"] == "0"
    assert "320 are used" in error.message


async def test_less_than_the_estimate_costs_the_estimate():
    limits, key = in_memory(), key_of(tokens_per_minute=100)
    admission = KeyAdmission(key, limits)
    await admission.charge(calls=1, tokens=60)
    admission.spend(10)
    await admission.leave()
    assert (await limits.charge(key, calls=1, tokens=40))["x-ratelimit-remaining-tokens"] == "0"


@pytest.mark.parametrize(
    ("seconds", "written"), [(0.2, "1s"), (1, "1s"), (59.5, "1m0s"), (360, "6m0s"), (3_665, "1h1m5s")]
)
def test_durations_are_openais(seconds, written):
    assert duration(seconds) == written


# With a real Redis


@contextmanager
def running_redis(port: int) -> Iterator[None]:
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("redis-server is not installed")
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert child.poll() is None, "redis-server did not start"
            assert time.monotonic() < deadline, "redis-server did not start in time"
            time.sleep(0.02)
        yield
    finally:
        child.terminate()
        child.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def redis_url() -> Iterator[SecretStr]:
    port = free_port()
    with running_redis(port):
        yield SecretStr(f"redis://127.0.0.1:{port}/0")


@pytest.fixture
async def replicas(redis_url: SecretStr) -> AsyncIterator[tuple[RateLimits, RateLimits]]:
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(open_rate_limits(redis_url)) for _ in "12"]
        async with open_redis(redis_url) as (storage, _, _):
            await storage.bridge.get_connection().flushall()
        yield first, second


async def test_replicas_share_their_counters(replicas):
    first, second = replicas
    key = key_of(requests_per_minute=10, tokens_per_minute=100, tokens_per_month=1_000)
    await first.charge(key, calls=7, tokens=10)
    await first.settle(key, 60)
    headers = await second.charge(key, calls=2, tokens=20)
    assert headers["x-ratelimit-remaining-requests"] == "1"
    assert headers["x-ratelimit-remaining-tokens"] == "10"
    assert (await refused(first, key, calls=2)).kind == "requests"
    assert (await refused(second, key, tokens=11)).headers["x-ratelimit-remaining-tokens"] == "10"


async def test_no_more_pass_than_may_however_many_come_at_once(replicas):
    key = key_of(requests_per_minute=10, tokens_per_minute=10_000)
    charges = (one.charge(key, calls=3, tokens=5) for one in replicas * 10)
    outcomes = await asyncio.gather(*charges, return_exceptions=True)
    assert sum(isinstance(one, dict) for one in outcomes) <= 3
    assert sum(isinstance(one, RateLimited) for one in outcomes) >= 17
    headers = await replicas[0].charge(key, calls=1, tokens=5)
    passed = sum(isinstance(one, dict) for one in outcomes)
    assert headers["x-ratelimit-remaining-requests"] == str(9 - 3 * passed), "the refused paid nothing"
    assert headers["x-ratelimit-remaining-tokens"] == str(9_995 - 5 * passed)


async def test_replicas_share_their_slots(replicas):
    first, second = replicas
    key = key_of(concurrent=2)
    leases = [await first.enter(key), await second.enter(key)]
    with pytest.raises(TooManyAtOnce) as caught:
        await first.enter(key)
    assert caught.value.code == "too_many_concurrent_requests"
    await first.leave(key, leases[0])
    lease = await second.enter(key)
    await second.leave(key, leases[1])
    await second.leave(key, lease)


async def test_the_slots_of_a_replica_that_died_come_back_and_those_of_a_living_one_do_not(redis_url):
    async with open_redis(redis_url, lease=0.3) as (storage, living, _):
        died = RedisSlots(storage.bridge.get_connection(), lease=0.3)  # nobody renews what it holds
        assert await living.take("key", 2)
        assert await died.take("key", 2)
        assert await living.take("key", 2) is None
        await asyncio.sleep(0.6)
        assert await living.take("key", 2)
        assert await living.take("key", 2) is None


async def test_a_redis_that_hangs_refuses_within_two_seconds(replicas, redis_url):
    key = key_of(requests_per_minute=10, concurrent=2)
    lease = await replicas[0].enter(key)
    async with open_redis(redis_url) as (storage, _, _):
        await storage.bridge.get_connection().client_pause(1_200)
    admission = KeyAdmission(key, replicas[0])
    started = time.monotonic()
    with pytest.raises(LimitsUnavailable):
        await admission.charge(calls=1, tokens=1)
    assert time.monotonic() - started < 1.9
    await asyncio.sleep(max(0.0, 1.25 - (time.monotonic() - started)))
    await replicas[0].charge(key, calls=1, tokens=1)
    await replicas[0].leave(key, lease)


async def test_a_redis_that_is_not_there_stops_the_start_without_its_password():
    url = SecretStr(f"redis://:s3cret@127.0.0.1:{free_port()}/0")
    with pytest.raises(ConfigurationError) as caught:
        async with open_rate_limits(url):
            pass
    assert "redis_url" in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
    assert "s3cret" not in str(caught.value)


# Two replicas of the whole service


def test_two_services_share_limits_and_live_through_an_absence_of_redis(
    serve_settings, settings_for, backbone, tmp_path: Path
):
    path, port = tmp_path / "keys.json", free_port()
    _, secret = create_key(path, "Ana", requests_per_minute=9, concurrent=1)
    reply = backbone.reply({})
    settings = settings_for(backbone.url, keys_file=path, redis_url=f"redis://127.0.0.1:{port}/0")
    with ExitStack() as stack:
        with running_redis(port):
            urls = [stack.enter_context(serve_settings(settings)) for _ in "12"]
            clients = [
                stack.enter_context(openai.OpenAI(base_url=f"{url}/v1", api_key=secret, max_retries=0))
                for url in urls
            ]
            first, second = [client.chat.completions.with_raw_response for client in clients]
            steering = {"polylect": {"cultures": ["JP", "KE"]}}
            left = first.create(model="polylect/multiplex", messages=HELLO, extra_body=steering).headers
            assert left["x-ratelimit-remaining-requests"] == "6"
            left = second.create(model="polylect/multiplex", messages=HELLO, extra_body=steering).headers
            assert left["x-ratelimit-remaining-requests"] == "3"
            backbone.reply = lambda body: type(reply)(pause=0.1)
            with clients[0].chat.completions.create(model="scripted", messages=HELLO, stream=True) as stream:
                next(iter(stream))
                with pytest.raises(openai.RateLimitError, match="too_many_concurrent_requests"):
                    second.create(model="scripted", messages=HELLO)
                assert list(stream)
            backbone.reply = lambda body: reply
            with pytest.raises(openai.RateLimitError) as limited:
                second.create(model="polylect/multiplex", messages=HELLO, extra_body=steering)
            assert limited.value.response.headers["x-ratelimit-remaining-requests"] == "2"
        started = time.monotonic()
        with pytest.raises(openai.InternalServerError) as away:
            first.create(model="scripted", messages=HELLO)
        assert time.monotonic() - started < 2
        assert (away.value.status_code, away.value.code) == (503, "limits_unavailable")
        with running_redis(port):
            first.create(model="scripted", messages=HELLO)
