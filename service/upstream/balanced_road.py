"""Several equal deployments behind one name, all on the fast road.

A conversation stays with one deployment, whose prefix cache knows it already and serves all voices of its
council: highest random weight hashing (Thaler & Ravishankar 1998) of how the conversation begins, with a
bound on how much busier than the others the chosen one may be (Mirrokni et al. 2018, arXiv 1608.01350).
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass

from agents import BackboneUnavailable, ModelChunk, ModelRequest
from service.upstream.openai_road import BackboneAnswer, OpenAIRoad
from service.upstream.opening import opening

_COOL_SECONDS = 10.0
_BUSIER = 1.25
_SPARE = 8
"""A deployment is passed over when more calls run on it than `_BUSIER` times the mean and so many."""


@dataclass(slots=True)
class _Deployment:
    road: OpenAIRoad
    name: bytes
    running: int = 0
    cools_until: float = 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around a call: counted while it runs; one that finds nobody sends the next ones elsewhere."""
        self.running += 1
        try:
            yield
        except BackboneUnavailable:
            self.cools_until = time.monotonic() + _COOL_SECONDS
            raise
        finally:
            self.running -= 1

    async def post(self, path: str, body: bytes) -> BackboneAnswer:
        """The answer to these bytes. The call runs until it is closed, and not only until it begins."""
        with ExitStack() as running:
            running.enter_context(self.call())
            answer = await self.road.post(path, body)
            return answer.holding(running.pop_all())


class BalancedRoad:
    """Equal deployments of one model. What one cannot take before its first byte goes to the next one.

    The roads must not retry by themselves: going to the next deployment is the retry.
    """

    def __init__(self, roads: Sequence[OpenAIRoad]) -> None:
        self.model = roads[0].model
        self._deployments = [
            _Deployment(road, f"{number} {road.base} ".encode()) for number, road in enumerate(roads)
        ]

    async def post(self, path: str, body: bytes) -> BackboneAnswer:
        """As `OpenAIRoad.post`, of the first deployment that can be reached."""
        *others, last = self._ranked(opening(body))
        for one in others:
            try:
                return await one.post(path, body)
            except BackboneUnavailable:
                continue
        return await last.post(path, body)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelChunk, None]:
        """The Model port."""
        *others, last = self._ranked(request.conversation.encode())
        for one in others:
            spoken = False
            try:
                with one.call():
                    async with aclosing(one.road.stream(request)) as chunks:
                        async for chunk in chunks:
                            spoken = True
                            yield chunk
                    return
            except BackboneUnavailable:
                if spoken:
                    raise
        with last.call():
            async with aclosing(last.road.stream(request)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def ready(self) -> bool:
        """Whether any of them answers."""
        return any(await asyncio.gather(*(one.road.ready() for one in self._deployments)))

    @property
    def context(self) -> int | None:
        """Tokens that each of them takes, as far as they were asked and told."""
        told = [one.road.context for one in self._deployments if one.road.context]
        return min(told, default=None)

    def _ranked(self, key: bytes) -> list[_Deployment]:
        """By preference: at home first, unless it is busy; those that cool down last."""
        now = time.monotonic()
        most = _BUSIER * sum(one.running for one in self._deployments) / len(self._deployments) + _SPARE

        def rank(one: _Deployment) -> tuple[bool, bool, bytes]:
            weight = hashlib.blake2b(one.name + key, digest_size=8).digest()
            return one.cools_until > now, one.running > most, weight

        return sorted(self._deployments, key=rank)
