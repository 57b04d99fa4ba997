"""What one request makes of the backbones: every call is seen, and accounted to who asked."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Protocol, cast

from agents import (
    BackboneTimeout,
    Delta,
    Event,
    Model,
    ModelChunk,
    ModelRequest,
    Perspective,
    PerspectiveDelta,
    PerspectiveFinished,
    Usage,
    estimate,
)
from service.disconnect import ClientGone
from service.telemetry.metrics import Metrics
from service.telemetry.record import CANCELLED, RequestRecord


@dataclass(slots=True)
class Call:
    """One call of a backbone, as it becomes known. `usage` is what it reported, None while it has not.

    `status` is that of an answer which is handed on whatever it says; `error` is the code of what went wrong,
    `CANCELLED` where the call was given up.
    """

    stage: str
    backbone: str
    agent: str | None = None
    usage: Usage | None = None
    status: int | None = None
    finish_reasons: tuple[str, ...] = ()
    error: str | None = None
    record: RequestRecord | None = None

    def said(self) -> None:
        """A token has come: the first one ends the wait for it."""
        if self.record:
            self.record.showed("answer")


class Trace(Protocol):
    """The spans of one request."""

    def call_started(self, call: Call) -> None:
        """A call of a backbone begins."""

    def call_ended(self, call: Call) -> None:
        """It has ended, and what became known of it is in the call."""

    def voice_ended(self, said: Perspective) -> None:
        """A voice has ended, one way or another."""


class Untraced:
    """No spans: nobody receives them."""

    def call_started(self, call: Call) -> None:
        """Nothing."""

    def call_ended(self, call: Call) -> None:
        """Nothing."""

    def voice_ended(self, said: Perspective) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Observer:
    """One request's calls. `spend` is told the tokens of each, as it ends, however it ends."""

    spend: Callable[[int], None]
    record: RequestRecord
    metrics: Metrics
    trace: Trace
    shows_voices: bool = True
    _given_up: set[str | None] = field(default_factory=set)

    @contextmanager
    def call(self, stage: str, backbone: str, agent: str | None = None) -> Iterator[Call]:
        """Around one call of a backbone; whoever makes it puts into the `Call` what becomes known of it."""
        # What a steered run shows, and when, is seen by its events.
        watched = self.record if stage == "direct" else None
        call = Call(stage, backbone, agent, record=watched)
        since = self.record.call_started()
        self.metrics.calls_running += 1
        self.trace.call_started(call)
        try:
            yield call
        except (asyncio.CancelledError, GeneratorExit, ClientGone):
            call.error = CANCELLED
            self._given_up.add(agent)
            raise
        except Exception as error:
            call.error = getattr(error, "code", None) or "other"
            raise
        finally:
            self._ended(call, since)

    def _ended(self, call: Call, since: float) -> None:
        call.error = call.error or _refusal(call.status)
        self.metrics.calls_running -= 1
        seconds = self.record.call_ended(call.stage, since, call.usage)
        self.metrics.call_ended(call.stage, call.backbone, seconds, call.usage)
        if call.error:
            self.metrics.upstream_error(call.error, call.backbone)
        self.trace.call_ended(call)
        if call.usage:
            self.spend(call.usage.prompt_tokens + call.usage.completion_tokens)

    def happened(self, event: Event) -> None:
        """Something of the run is about to be shown."""
        if isinstance(event, Delta):
            self.record.showed("answer")
        elif isinstance(event, PerspectiveDelta) and self.shows_voices:
            self.record.showed("voice")
        elif isinstance(event, PerspectiveFinished):
            self._voice_ended(event.perspective)

    @contextmanager
    def run(self) -> Iterator[None]:
        """Around a steered run: when its time runs out in the midst of calls, its backbone was too slow."""
        try:
            yield
        except BackboneTimeout as error:
            if self._given_up:
                self._ran_out(error)
            raise

    def _voice_ended(self, said: Perspective) -> None:
        self.record.voices[said.status] += 1
        self.metrics.voice_ended(said.status)
        self.trace.voice_ended(said)
        if said.problem and said.culture in self._given_up:
            self._ran_out(said.problem)
        self._given_up.discard(said.culture)

    def _ran_out(self, error: Exception) -> None:
        """Calls that were given up because time had run out are an error of their backbone's after all."""
        if isinstance(error, BackboneTimeout):
            self.metrics.upstream_error(error.code, self.record.backbone)


def _refusal(status: int | None) -> str | None:
    """The code of what an answer with this status would have been as an error."""
    if status is None or status < 400:
        return None
    if status < 500:
        return "backbone_rejected"
    return "backbone_unavailable" if status in {502, 503, 504} else "backbone_error"


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
                        if chunk.finish_reason:
                            call.finish_reasons += (chunk.finish_reason,)
                        yield chunk
            finally:
                call.usage = call.usage or estimate(request.messages, written)
