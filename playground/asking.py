"""A turn while it is asked: it may be watched, and it may be stopped, with every call that it made."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator

from openai import OpenAIError
from openai.types.chat import ChatCompletionMessageParam
from polylect import AsyncPolylect, Mode

from playground.trouble import UNEXPECTED, Trouble, explain
from playground.turn import Side, Turn

log = logging.getLogger("polylect")

_PACE_SECONDS = 0.12
"""Between two looks at a turn: often enough to read along, seldom enough for a phone."""

_TOO_MANY = "too_many_concurrent_requests"


class Asking:
    """Asks from its making on. One task owns all calls: to stop it closes their connections.

    `history` is the conversation, this turn's question last.
    """

    def __init__(self, turn: Turn, client: AsyncPolylect, history: list[ChatCompletionMessageParam]) -> None:
        self.turn = turn
        self._client = client
        self._history = history
        self._why: Trouble | None = None
        self._later: list[Side] = []
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._ask())
        self._task.add_done_callback(lambda _: self._changed.set())

    async def changes(self) -> AsyncIterator[None]:
        """Comes back whenever there is something new to show, and once more at the end."""
        while not self._task.done():
            await self._changed.wait()
            self._changed.clear()
            yield
            await asyncio.wait([self._task], timeout=_PACE_SECONDS)
        yield

    async def stop(self, why: Trouble | None = None) -> None:
        """End every call, and wait until they have ended; what was said stays.

        `why`: unless the visitor wanted it.
        """
        self._why = why
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for side in self.turn.sides:
            if side.under_way:  # a task that is cancelled before its first step never runs
                self._stopped(side)

    async def _ask(self) -> None:
        """The sides at once, as far as the visitor's key may; the others when these have ended."""
        await self._detect()
        async with asyncio.TaskGroup() as group:
            for side in self.turn.sides:
                group.create_task(self._hear(side, may_wait=len(self.turn.sides) > 1))
        for side in self._later:
            await self._hear(side, may_wait=False)

    async def _detect(self) -> None:
        """The context first, which takes milliseconds; without it the page waits for the answer's own."""
        try:
            self.turn.context = await self._client.detect(self._history)
        except OpenAIError:
            return  # whatever it is, the question itself meets it too, and tells
        self._changed.set()

    async def _hear(self, side: Side, *, may_wait: bool) -> None:
        began = time.monotonic()
        try:
            await self._follow(side)
        except asyncio.CancelledError:
            self._stopped(side)
            raise
        except Exception as error:
            if may_wait and getattr(error, "code", None) == _TOO_MANY:
                self._later.append(side)
                return
            side.trouble, side.state = explain(error, key=self.turn.wish.key), "failed"
            if side.trouble is None:
                log.exception("the playground could not show an answer")
                side.trouble = UNEXPECTED
        finally:
            side.seconds = time.monotonic() - began
            self._changed.set()

    def _stopped(self, side: Side) -> None:
        side.trouble, side.state = self._why, "failed" if self._why else "stopped"

    async def _follow(self, side: Side) -> None:
        wish = self.turn.wish
        mode: Mode = "direct" if side.plain else wish.mode
        named = None if mode == "direct" else list(wish.cultures) or None
        stream = await self._client.steer(
            self._history, mode=mode, cultures=named, backbone=wish.backbone, stream=True
        )
        async with stream:
            async for event in stream:
                side.hear(event)
                self._changed.set()
        if side.text and side.answer and side.answer.pds is None:
            await self._score(side)

    async def _score(self, side: Side) -> None:
        """What the answer itself does not say; the answer stands without it."""
        try:
            side.score = await self._client.score(side.text)
        except OpenAIError:
            side.unscored = True
