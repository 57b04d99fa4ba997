"""What replicas count together, in Redis. The only file that imports redis, which is an extra."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from limits.aio.storage import RedisStorage
from pydantic import SecretStr

from service.settings import ConfigurationError

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger("polylect")

PREFIX = "polylect"
LEASE_SECONDS = 30.0
_SOCKET_SECONDS = 0.5
_CONNECTIONS = 64

# A set of leases, each scored with the end of its time by Redis' own clock: in one step, so that two replicas
# cannot both take the last one. Libraries were looked at first: those for semaphores on Redis (steindamm and
# its forerunner self-limiters, say) keep a list of tokens, so that the slot of a replica that dies is lost
# for as long as others come and go, and have no way to ask without waiting.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""


class RedisSlots:
    """Slots that replicas share. A lease ends by itself unless `renew` is called within `lease` seconds.

    While Redis is away leases may end that are in use: then more than the limit run at once, for as long as
    those last.
    """

    def __init__(self, client: "Redis", *, lease: float = LEASE_SECONDS) -> None:
        self._client = client
        self._milliseconds = int(lease * 1000)
        self._take = client.register_script(_TAKE)
        self._held: set[tuple[str, str]] = set()

    async def take(self, name: str, most: int) -> str | None:
        """Slots."""
        lease = uuid.uuid4().hex
        if not await self._take(keys=[_key(name)], args=[most, self._milliseconds, lease]):
            return None
        self._held.add((name, lease))
        return lease

    async def release(self, name: str, lease: str) -> None:
        """Slots. A lease that cannot be given back because Redis is away ends by itself."""
        self._held.discard((name, lease))
        await self._client.zrem(_key(name), lease)

    async def renew(self) -> None:
        """Give every lease that is held its full time again; not one that has just been given back (XX)."""
        if not self._held:
            return
        seconds, microseconds = await self._client.time()
        until = seconds * 1000 + microseconds // 1000 + self._milliseconds
        async with self._client.pipeline(transaction=False) as pipe:
            for name, lease in self._held:
                pipe.zadd(_key(name), {lease: until}, xx=True)
                pipe.pexpire(_key(name), self._milliseconds)
            await pipe.execute()

    async def keep(self) -> None:
        """Renew for ever: thrice in the time of a lease, so that one failure costs none."""
        from redis.exceptions import RedisError

        while True:
            await asyncio.sleep(self._milliseconds / 3000)
            try:
                await self.renew()
            except (RedisError, OSError) as error:
                log.warning("redis_url: leases are not renewed: %s", type(error).__name__)


@asynccontextmanager
async def open_redis(
    url: SecretStr, *, lease: float = LEASE_SECONDS
) -> AsyncIterator[tuple[RedisStorage, RedisSlots, tuple[type[Exception], ...]]]:
    """The counters, the slots, and the exceptions which say that Redis is away.

    Raises:
        ConfigurationError: redis is not installed, the URL is none, or nothing answers there.
    """
    client, failures = _connect(url)
    try:
        await _reach(client)
        storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix=PREFIX,
            connection_pool=client.connection_pool,  # type: ignore[arg-type]  # takes one, but does not say so
        )
        slots = RedisSlots(client, lease=lease)
        keeping = asyncio.create_task(slots.keep())
        try:
            yield storage, slots, failures
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
    finally:
        await client.aclose()
        await client.connection_pool.disconnect()


def _connect(url: SecretStr) -> tuple["Redis", tuple[type[Exception], ...]]:
    try:
        from redis.asyncio import BlockingConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError
    except ImportError as error:
        cure = ".venv/bin/pip install -c constraints.txt -e '.[redis]'"
        raise ConfigurationError(f"redis_url: the Redis client is not installed: {cure}") from error
    try:
        pool = BlockingConnectionPool.from_url(
            url.get_secret_value(),
            max_connections=_CONNECTIONS,
            timeout=_SOCKET_SECONDS,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=_SOCKET_SECONDS,
            retry=Retry(NoBackoff(), 1),  # once: a connection may be older than the Redis behind it
        )
    except (ValueError, TypeError):
        raise ConfigurationError("redis_url: it is no URL of a Redis; percent-encode its password") from None
    return Redis(connection_pool=pool), (RedisError, OSError)


async def _reach(client: "Redis") -> None:
    try:
        await client.ping()
    except Exception as error:  # a TypeError, say: an unknown option of the URL is found only now
        known = client.connection_pool.connection_kwargs
        where = known.get("path") or f"{known.get('host')}:{known.get('port', 6379)}"
        what = f"no Redis serves us at {where} ({type(error).__name__})"
        raise ConfigurationError(f"redis_url: {what}. Start it, mend the URL, or unset it.") from None


def _key(name: str) -> str:
    return f"{PREFIX}:slots/{name}"
