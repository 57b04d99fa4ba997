"""The accounts of one run: every call of a backbone passes through here and is counted."""

import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import cast

from agents.conversation import text_of
from agents.model import Message, Model, ModelChunk, ModelRequest, Usage


@dataclass(slots=True)
class Meter:
    """A Model that counts the calls, the tokens by stage, and the time in which any call was under way."""

    model: Model
    calls: int = 0
    stages: dict[str, Usage] = field(default_factory=lambda: defaultdict(Usage))
    started: float = field(default_factory=time.perf_counter)
    _running: int = 0
    _busy_since: float = 0.0
    _busy: float = 0.0

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelChunk, None]:
        """The inner model's answer, unchanged."""
        self._enter()
        usage: Usage | None = None
        written = 0
        try:
            chunks = cast(AsyncGenerator[ModelChunk, None], self.model.stream(request))
            async with aclosing(chunks):
                async for chunk in chunks:
                    usage = chunk.usage or usage
                    written += len(chunk.text)
                    yield chunk
        finally:
            self._leave()
            self.stages[request.stage] += usage or estimate(request.messages, written)

    @property
    def usage(self) -> Usage:
        """The sum over all stages."""
        return sum(self.stages.values(), Usage())

    @property
    def overhead_ms(self) -> float:
        """Wall time since the start in which no call was under way, in milliseconds."""
        return (time.perf_counter() - self.started - self._busy) * 1000

    def _enter(self) -> None:
        self.calls += 1
        if self._running == 0:
            self._busy_since = time.perf_counter()
        self._running += 1

    def _leave(self) -> None:
        self._running -= 1
        if self._running == 0:
            self._busy += time.perf_counter() - self._busy_since


def estimate(messages: Iterable[Message], written: int = 0) -> Usage:
    """Four characters a token: for a backbone that reports nothing, a call cut short, one not yet made.

    Images count nothing; `written` is the length of the answer in characters.
    """
    asked = sum(len(text_of(message)) for message in messages)
    return Usage(-(-asked // 4), -(-written // 4), estimated=True)
