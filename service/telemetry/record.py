"""What becomes known of one request: numbers and names of the operator's, never a word of what was said."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents import Usage

UNMATCHED = "unmatched"
"""The endpoint of a path that no route has."""

CANCELLED = "cancelled"
"""How a call ended that was given up: the client had left, or time had run out."""

CLIENT_GONE = 499


@dataclass(slots=True)
class RequestRecord:
    """One request's record, from its first byte to its last; times are `time.perf_counter()` seconds.

    `received` is when the body was complete. `status` is what the client was sent, `error` the code of what
    went wrong, also when the stream had begun by then and `failed_as` is the status that it came too late
    for. `mode` and `backbone` are None for what was never planned. `first` holds when the first words of
    "voice" and "answer" were shown; `stages` each stage's first call's start and last call's end; `at_end` is
    called when the request has ended.
    """

    request_id: str = ""
    method: str = ""
    started: float = field(default_factory=time.perf_counter)
    received: float | None = None
    ended: float | None = None
    endpoint: str = UNMATCHED
    mode: str | None = None
    backbone: str | None = None
    streams: bool = False
    key: str | None = None
    trace_id: str | None = None
    status: int | None = None
    failed_as: int | None = None
    error: str | None = None
    disconnected: bool = False
    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    voices: Counter[str] = field(default_factory=Counter)
    stages: dict[str, tuple[float, float]] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    at_end: list[Callable[["RequestRecord"], None]] = field(default_factory=list)
    _running: int = 0
    _busy_since: float = 0.0
    _busy: float = 0.0

    @property
    def outcome(self) -> int:
        """The status that tells how it ended: 499 when the client left, the error's where one came late."""
        if self.disconnected:
            return CLIENT_GONE
        return self.failed_as or self.status or 500

    @property
    def seconds(self) -> float:
        """How long it took, until now if it has not ended."""
        return (self.ended or time.perf_counter()) - self.started

    @property
    def overhead(self) -> float:
        """Seconds since the body was complete in which no call of a backbone was under way."""
        return max(self.seconds - ((self.received or self.started) - self.started) - self._busy, 0.0)

    def call_started(self) -> float:
        """A call of a backbone begins; when it does."""
        now = time.perf_counter()
        self.calls += 1
        if self._running == 0:
            self._busy_since = now
        self._running += 1
        return now

    def call_ended(self, stage: str, since: float, usage: Usage | None) -> float:
        """That call has ended; how many seconds it took."""
        now = time.perf_counter()
        self._running -= 1
        if self._running == 0:
            self._busy += now - self._busy_since
        first, _ = self.stages.get(stage, (since, now))
        self.stages[stage] = (first, now)
        if usage:
            self.usage += usage
        return now - since

    def showed(self, part: str) -> None:
        """Words of a "voice" or of the "answer" go out in a stream; the first ones count."""
        if self.streams and part not in self.first:
            self.first[part] = time.perf_counter() - self.started

    def failed(self, error: Exception, status: int) -> None:
        """It failed, with this status or, where the answer had begun, too late for it."""
        self.error = getattr(error, "code", None) or type(error).__name__
        self.failed_as = status


def record_of(scope: Mapping[str, Any]) -> RequestRecord:
    """The record of the request with this ASGI scope; a fresh one where nobody watches."""
    record: RequestRecord | None = scope.get("state", {}).get("record")
    return record or RequestRecord()
