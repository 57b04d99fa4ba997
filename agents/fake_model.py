"""A model for tests: a queue of what it will say and a memory of what it was asked."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import replace
from typing import Any

from agents.model import ModelChunk, ModelRequest, Usage

Reply = str | Exception | Iterable[str | float | Exception | ModelChunk]
"""What the fake says: a text (streamed by words); an error; or a script of texts, pauses in seconds, errors
and ready-made chunks, in that order."""


class FakeModel:
    """Answers from a queue, or with `answer(request)` when the queue is empty, and remembers every request.

    `running` counts the calls that have begun and not ended: zero after a cancelled run, or something leaks.
    """

    def __init__(
        self, replies: Iterable[Reply] = (), *, answer: Callable[[ModelRequest], Reply] | None = None
    ):
        self.replies: deque[Reply] = deque(replies)
        self.requests: list[ModelRequest] = []
        self.running = 0
        self._answer = answer or (lambda request: f"The {request.stage} speaks.")

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelChunk, None]:
        """The next reply, then a last chunk with what the script lacks: a reason to stop, the usage."""
        self.requests.append(request)
        reply = self.replies.popleft() if self.replies else self._answer(request)
        self.running += 1
        words = 0
        told = ModelChunk()
        try:
            for step in _script(reply):
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, float):
                    await asyncio.sleep(step)
                    continue
                await asyncio.sleep(0)
                words += 1
                chunk = step if isinstance(step, ModelChunk) else ModelChunk({"content": step})
                told = replace(
                    told,
                    finish_reason=chunk.finish_reason or told.finish_reason,
                    usage=chunk.usage or told.usage,
                )
                yield chunk
            usage = None if told.usage else Usage(_characters(request) // 4, words)
            yield ModelChunk(finish_reason=None if told.finish_reason else "stop", usage=usage)
        finally:
            self.running -= 1


def _script(reply: Reply) -> Iterable[Any]:
    if isinstance(reply, Exception):
        return [reply]
    if isinstance(reply, str):
        first, *others = reply.split(" ")
        return [first, *(f" {word}" for word in others)]
    return reply


def _characters(request: ModelRequest) -> int:
    return sum(len(str(message.get("content") or "")) for message in request.messages)
