"""Whether requests are traced, and to whom: OTLP over HTTP, by OpenTelemetry's own variables or our setting.

Nothing of OpenTelemetry is imported, and nothing sent, unless a receiver is named. Operators who name one
store inferred cultures there, as the names of voices; `trace_cultures: false` leaves them out.
"""

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

from service.settings import ConfigurationError, Deployment, Settings
from service.telemetry.observed import Trace, Untraced
from service.telemetry.record import RequestRecord

log = logging.getLogger("polylect")

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PATH = "/v1/traces"
_FLUSH_SECONDS = 3.0
_CURE = "Install the extra polylect-service[otel], or unset otlp_endpoint and OTEL_EXPORTER_OTLP_*ENDPOINT."


class Tracing(Protocol):
    """Makes the spans of requests."""

    def begin(self, record: RequestRecord, headers: Mapping[str, str], voices: int) -> Trace:
        """The spans of a request whose plan is known."""


class NoTracing:
    """Nobody receives spans: there are none."""

    def begin(self, record: RequestRecord, headers: Mapping[str, str], voices: int) -> Trace:
        """None."""
        return Untraced()


@asynccontextmanager
async def open_tracing(
    settings: Settings, deployments: Sequence[Deployment], *, flush_seconds: float = _FLUSH_SECONDS
) -> AsyncIterator[Tracing]:
    """Spans for the configured receiver, else none. At the end what is left is sent, within `flush_seconds`.

    A receiver that is down or slow never delays a request: a thread sends spans in batches, and drops them
    when too many wait.

    Raises:
        ConfigurationError: a receiver is named, and OpenTelemetry is not installed.
    """
    if not (settings.otlp_endpoint or any(os.environ.get(name) for name in _ENDPOINTS)):
        yield NoTracing()
        return
    spans = _spans()
    sending = spans.Sending(_traces_url(settings.otlp_endpoint))
    told = "with the cultures of voices" if settings.trace_cultures else "without cultures"
    log.info("spans are sent to an OTLP receiver, %s", told)
    try:
        yield spans.Spans(sending.tracer, spans.describe(deployments), settings.trace_cultures)
    finally:
        if not await _within(flush_seconds, sending.flush):
            sending.give_up()


def _spans() -> Any:
    """The module that needs OpenTelemetry, which few have."""
    try:
        from service.telemetry import spans
    except ImportError as error:
        raise ConfigurationError(f"Tracing is on, but {error.name} is not installed. {_CURE}") from error
    return spans


def _traces_url(endpoint: str | None) -> str | None:
    """OTLP's address is a base; None leaves it to OpenTelemetry's variables."""
    if endpoint is None or endpoint.endswith(_PATH):
        return endpoint
    return endpoint.rstrip("/") + _PATH


async def _within(seconds: float, work: Callable[[], None]) -> bool:
    """Whether `work` ended in time. Its thread is a daemon: nobody waits for one that hangs."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        work()
        with suppress(RuntimeError):  # the loop has been closed meanwhile
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            await done.wait()
    except TimeoutError:
        return False
    return True
