"""What a key may use: calls and tokens a minute, tokens a month, requests at once.

Counters are the library `limits`', in memory or in Redis. Its strategy for fixed windows is not used: it puts
the limit into a counter's name, so that a raised budget would forget what was used, and does not say by how
much a limit is overdrawn.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from limits.aio.storage import MemoryStorage, Storage
from pydantic import SecretStr

from service.access.keys import Key
from service.access.quota import Level, Window, admit, headers
from service.access.redis_limits import open_redis
from service.access.slots import LocalSlots, Slots
from service.errors import LimitsUnavailable, TooManyAtOnce

log = logging.getLogger("polylect")

_PATIENCE = 1.5
"""Seconds that all the counting of one step may take: fail closed, and soon."""
_MINUTE = 60
_MONTH = 40 * 86_400
"""How long a month's counter is kept: longer than it is counted in."""


class RateLimits:
    """The counters and slots of all keys. `failures` are the exceptions that say they cannot be reached."""

    def __init__(
        self,
        storage: Storage,
        slots: Slots,
        *,
        failures: tuple[type[Exception], ...] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._storage = storage
        self._slots = slots
        self._failures: tuple[type[Exception], ...] = (*failures, TimeoutError)
        self._now = now

    async def charge(self, key: Key, *, calls: int, tokens: int) -> dict[str, str]:
        """Take so much off everything that the key has a limit of; the headers that say what is left.

        A refused request costs nothing: all is looked at before any is taken, and what was taken is given
        back when another request came in between.

        Raises:
            RateLimited: it does not fit.
            LimitsUnavailable: nobody can tell.
        """
        windows = self._windows(key, calls, max(1, tokens))
        async with self._reaching():
            before = [await self._look(window) for window in windows]
            admit(key, before)
            after = [await self._take(level) for level in before]
            if any(level.overdrawn for level in after):
                await self._give_back(windows)
                admit(key, after)
        return headers(after, taken=True)

    async def refund(self, key: Key, *, calls: int, tokens: int) -> None:
        """Give back what `charge` has just taken.

        Raises:
            LimitsUnavailable: it was not given back.
        """
        async with self._reaching():
            await self._give_back(self._windows(key, calls, max(1, tokens)))

    async def settle(self, key: Key, tokens: int) -> None:
        """Count tokens that have been used already, though they overdraw a limit: later requests wait for it.

        Raises:
            LimitsUnavailable: they were not counted.
        """
        windows = [window for window in self._windows(key, 0, tokens) if window.kind != "requests"]
        async with self._reaching():
            for window in windows:
                await self._add(window, tokens)

    async def enter(self, key: Key) -> str | None:
        """A lease of one of the key's slots; None for a key without such a limit.

        Raises:
            TooManyAtOnce: none is free.
            LimitsUnavailable: nobody can tell.
        """
        if key.concurrent is None:
            return None
        async with self._reaching():
            lease = await self._slots.take(key.id, key.concurrent)
        if lease is None:
            message = f"{key.id} may have {key.concurrent} requests under way at once, and has. Try again."
            raise TooManyAtOnce(message, code="too_many_concurrent_requests")
        return lease

    async def leave(self, key: Key, lease: str) -> None:
        """Give a slot back.

        Raises:
            LimitsUnavailable: it will be given back when its lease ends.
        """
        async with self._reaching():
            await self._slots.release(key.id, lease)

    def _windows(self, key: Key, calls: int, tokens: int) -> list[Window]:
        today = self._now()
        month = today.strftime("%Y-%m")
        following = (today.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0)
        ends = (following - today).total_seconds()
        candidates = (
            ("requests", f"{key.id}/requests", key.requests_per_minute, _MINUTE, calls, None),
            ("tokens", f"{key.id}/tokens", key.tokens_per_minute, _MINUTE, tokens, None),
            ("month", f"{key.id}/{month}", key.tokens_per_month, _MONTH, tokens, ends),
        )
        return [
            Window(kind, name, limit, seconds, cost, end)
            for kind, name, limit, seconds, cost, end in candidates
            if limit is not None
        ]

    async def _look(self, window: Window) -> Level:
        used = await self._storage.get(window.name)
        left = window.ends or await self._storage.get_expiry(window.name) - time.time()
        return Level(window, used, left if left > 0 else window.seconds)

    async def _take(self, before: Level) -> Level:
        window = before.window
        count = await self._add(window, window.cost)
        return Level(window, count - window.cost, before.resets)

    async def _give_back(self, windows: Sequence[Window]) -> None:
        for window in windows:
            await self._add(window, -window.cost)

    async def _add(self, window: Window, amount: int) -> int:
        return await self._storage.incr(window.name, window.seconds, amount)

    @asynccontextmanager
    async def _reaching(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_PATIENCE):
                yield
        except self._failures as error:
            log.error("limits cannot be reached: %s", type(error).__name__)
            raise LimitsUnavailable from error


class KeyAdmission:
    """One request's right to be served, on one key's account: `service.access.admission.Admission`."""

    def __init__(self, key: Key, limits: RateLimits) -> None:
        self.key = key
        self._limits = limits
        self._lease: str | None = None
        self._calls = 0
        self._charged = 0
        self._spent = 0

    @property
    def counts_tokens(self) -> bool:
        """Whether the key has a limit of tokens."""
        return not (self.key.tokens_per_minute is None and self.key.tokens_per_month is None)

    def allows(self, model: str) -> bool:
        """Whether the key may use this model id."""
        return self.key.allows(model)

    async def charge(self, *, calls: int, tokens: int) -> Mapping[str, str]:
        """Take so many calls of a backbone and estimated prompt tokens off the key's limits.

        Raises:
            RateLimited: there is not as much left.
            LimitsUnavailable: nobody can tell.
        """
        left = await self._limits.charge(self.key, calls=calls, tokens=tokens)
        self._calls, self._charged = calls, tokens
        return left

    async def refund(self) -> None:
        """Give back what was charged: the request is refused after all, and no backbone was asked."""
        calls, tokens = self._calls, self._charged
        self._calls = self._charged = 0
        if not calls:
            return
        try:
            await self._limits.refund(self.key, calls=calls, tokens=tokens)
        except LimitsUnavailable:
            log.error("%d calls and %d tokens of %s were not given back", calls, tokens, self.key.id)

    def spend(self, tokens: int) -> None:
        """These tokens have been used."""
        self._spent += tokens

    async def enter(self) -> None:
        """Take a slot.

        Raises:
            TooManyAtOnce: none is free.
            LimitsUnavailable: nobody can tell.
        """
        self._lease = await self._limits.enter(self.key)

    async def settle(self) -> None:
        """Count what was spent beyond what was charged, and is not counted yet."""
        beyond = self._spent - self._charged
        if beyond <= 0 or not self.counts_tokens:
            return
        self._charged = self._spent
        try:
            await self._limits.settle(self.key, beyond)
        except LimitsUnavailable:
            log.error("%d tokens of %s were not counted", beyond, self.key.id)

    async def leave(self) -> None:
        """Settle, and give the slot back; nothing is left to do the second time."""
        lease, self._lease = self._lease, None
        try:
            await self.settle()
        finally:
            await self._release(lease)

    async def _release(self, lease: str | None) -> None:
        if lease is None:
            return
        try:
            await self._limits.leave(self.key, lease)
        except LimitsUnavailable:
            log.warning("a slot of %s comes back when its lease ends", self.key.id)


@asynccontextmanager
async def open_rate_limits(redis_url: SecretStr | None) -> AsyncIterator[RateLimits]:
    """Counters of this process, or with a Redis those that its replicas share.

    Raises:
        ConfigurationError: the Redis cannot be used.
    """
    if redis_url is None:
        yield RateLimits(MemoryStorage(), LocalSlots())
        return
    async with open_redis(redis_url) as (storage, slots, failures):
        yield RateLimits(storage, slots, failures=failures)
