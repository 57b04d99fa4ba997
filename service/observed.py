"""What one request makes of the backbones: every call is seen, and accounted to who asked."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import cast

from agents import Model, ModelChunk, ModelRequest, Usage, estimate


@dataclass(slots=True)
class Call:
    """One call of a backbone, as it becomes known. `usage` is what it reported, None while it has not."""

    stage: str
    backbone: str
    agent: str | None = None
    usage: Usage | None = None

    def said(self) -> None:
        """A token has come: the first one ends the wait for it."""


@dataclass(frozen=True, slots=True)
class Observer:
    """One request's calls. `spend` is told the tokens of each, as it ends, however it ends."""

    spend: Callable[[int], None]

    @contextmanager
    def call(self, stage: str, backbone: str, agent: str | None = None) -> Iterator[Call]:
        """Around one call of a backbone; whoever makes it puts into the `Call` what becomes known of it."""
        call = Call(stage, backbone, agent)
        try:
            yield call
        finally:
            if call.usage:
                self.spend(call.usage.prompt_tokens + call.usage.completion_tokens)


@dataclass(frozen=True, slots=True)
class ObservedModel:
    """The Model port: the inner model's answers, unchanged, each call within `Observer.call`.

    A call that is left early, or whose backbone reports nothing, counts with what was seen of it.
    """

    model: Model
    observer: Observer
    default_backbone: str

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelChunk, None]:
        """The Model port."""
        written = 0
        backbone = request.backbone or self.default_backbone
        with self.observer.call(request.stage, backbone, request.agent) as call:
            try:
                chunks = cast(AsyncGenerator[ModelChunk, None], self.model.stream(request))
                async with aclosing(chunks):
                    async for chunk in chunks:
                        call.usage = chunk.usage or call.usage
                        written += len(chunk.text)
                        if chunk.delta:
                            call.said()
                        yield chunk
            finally:
                call.usage = call.usage or estimate(request.messages, written)
