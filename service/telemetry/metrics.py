"""GET /metrics: what the service does, in numbers that Prometheus scrapes.

Every label is bounded: endpoints are route templates, backbones the operator's names, the rest are words of
our own code. A culture or a sector is never a label: what somebody was taken for is nobody's statistic.
"""

from collections.abc import Callable, Collection
from importlib.metadata import version
from typing import TypeVar

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.exposition import choose_encoder
from starlette.responses import Response

from agents import MODES, BackboneError, BackboneRejected, BackboneTimeout, BackboneUnavailable, Usage
from service.access.admission import admission_of
from service.errors import InvalidRequest
from service.telemetry.record import CANCELLED, CLIENT_GONE, RequestRecord

router = APIRouter(tags=["metrics"])

PATH = "/metrics"
"""Also what a key must allow, among its models, to read them: they count what all keys do."""

UNWATCHED = frozenset({PATH, "/healthz", "/readyz"})
"""Endpoints for those who watch: they come by every few seconds and would drown what they look for."""

NONE, OTHER = "none", "other"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320)
_OVERHEAD = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
_KINDS = frozenset(
    kind.code for kind in (BackboneError, BackboneRejected, BackboneTimeout, BackboneUnavailable)
)


M = TypeVar("M", Counter, Histogram)


class Metrics:
    """One application's metrics, in a registry of their own. `backbones` are the operator's names."""

    def __init__(
        self, backbones: Collection[str], *, councils: Callable[[], float], most_councils: int
    ) -> None:
        self.registry = CollectorRegistry()
        self.requests_running = 0
        self.calls_running = 0
        self._series: dict[tuple[Counter | Histogram, tuple[str, ...]], Counter | Histogram] = {}
        self._backbones = frozenset(backbones)
        self._counters()
        self._histograms()
        self._gauges(councils, most_councils)
        ProcessCollector(registry=self.registry)

    def _counters(self) -> None:
        self._requests = self._counter(
            "requests",
            "Requests that have ended; a stream that failed or was left counts with the status it came too "
            "late for, 499 when the client left.",
            ("endpoint", "mode", "backbone", "status"),
        )
        self._disconnects = self._counter(
            "disconnects", "Requests whose client left before the end of the answer.", ("mode",)
        )
        self._voices = self._counter("voices", "Voices of councils, by what became of them.", ("outcome",))
        self._tokens = self._counter(
            "tokens", "Tokens of all calls, estimated where a backbone reports none.", ("stage", "kind")
        )
        self._errors = self._counter(
            "upstream_errors", "Calls of a backbone that failed, retries not counted.", ("kind", "backbone")
        )

    def _histograms(self) -> None:
        self._duration = self._histogram(
            "request_duration_seconds", "From a request's first byte to its answer's last.",
            ("endpoint", "mode", "status"), _SECONDS,
        )  # fmt: skip
        self._overhead = self._histogram(
            "request_overhead_seconds",
            "Time after a request's last byte in which no call of a backbone was under way.",
            ("mode",), _OVERHEAD,
        )  # fmt: skip
        self._first = self._histogram(
            "time_to_first_token_seconds",
            "Until a stream shows the first words of a voice (part=voice) or of the answer (part=answer).",
            ("mode", "part"), _SECONDS,
        )  # fmt: skip
        self._stage = self._histogram(
            "stage_duration_seconds", "From the start of a stage's first call to the end of its last.",
            ("stage",), _SECONDS,
        )  # fmt: skip
        self._call = self._histogram(
            "call_duration_seconds", "One call of a backbone.", ("stage", "backbone"), _SECONDS
        )

    def _gauges(self, councils: Callable[[], float], most_councils: int) -> None:
        shown = (
            ("requests_in_flight", "Requests under way.", lambda: self.requests_running),
            ("calls_in_flight", "Calls of a backbone under way.", lambda: self.calls_running),
            ("councils_in_flight", "Councils that are meeting.", councils),
            ("councils_limit", "Councils that may meet at once.", lambda: most_councils),
        )
        for name, meaning, value in shown:
            Gauge(f"polylect_{name}", meaning, registry=self.registry).set_function(value)
        build = Info("polylect_build", "The version that runs.", registry=self.registry)
        build.info({"version": version("polylect-service")})

    def _counter(self, name: str, meaning: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"polylect_{name}", meaning, labels, registry=self.registry)

    def _histogram(
        self, name: str, meaning: str, labels: tuple[str, ...], buckets: tuple[float, ...]
    ) -> Histogram:
        return Histogram(f"polylect_{name}", meaning, labels, buckets=buckets, registry=self.registry)

    def request_ended(self, record: RequestRecord) -> None:
        """Count a request that has ended."""
        mode, status = _one_of(record.mode, MODES), _status(record.outcome)
        backbone = self._named(record.backbone)
        self._of(self._requests, record.endpoint, mode, backbone, status).inc()
        self._of(self._duration, record.endpoint, mode, f"{status[0]}xx").observe(record.seconds)
        if record.outcome == CLIENT_GONE:
            self._of(self._disconnects, mode).inc()
        if record.mode is None:
            return
        self._of(self._overhead, mode).observe(record.overhead)
        for part, seconds in record.first.items():
            self._of(self._first, mode, part).observe(seconds)
        for stage, (began, ended) in record.stages.items():
            self._of(self._stage, stage).observe(ended - began)

    def call_ended(self, stage: str, backbone: str, seconds: float, usage: Usage | None) -> None:
        """Count a call of a backbone that has ended."""
        self._of(self._call, stage, self._named(backbone)).observe(seconds)
        if usage:
            self._of(self._tokens, stage, "prompt").inc(max(usage.prompt_tokens, 0))
            self._of(self._tokens, stage, "completion").inc(max(usage.completion_tokens, 0))

    def upstream_error(self, kind: str, backbone: str | None) -> None:
        """Count a call that failed: `kind` is the code of its error."""
        if kind != CANCELLED:
            self._of(self._errors, _one_of(kind, _KINDS), self._named(backbone)).inc()

    def voice_ended(self, outcome: str) -> None:
        """Count a voice: spoke, cut or silent."""
        self._of(self._voices, outcome).inc()

    def _of(self, metric: M, *labels: str) -> M:
        """The series with these labels; kept, for the library's own look-up costs more than counting."""
        found = self._series.get((metric, labels))
        if found is None:
            found = self._series[metric, labels] = metric.labels(*labels)
        return found  # type: ignore[return-value]  # a metric's series are of its own kind

    def _named(self, backbone: str | None) -> str:
        return _one_of(backbone, self._backbones)


def _one_of(value: str | None, known: Collection[str]) -> str:
    """The value where it is one of ours, so that no stranger's word becomes a label."""
    if value is None:
        return NONE
    return value if value in known else OTHER


def _status(status: int) -> str:
    """A status as a label; what is no HTTP status is a failure."""
    return str(status) if 100 <= status <= 599 else "500"


@router.get(PATH, summary="Metrics, in Prometheus' text format")
async def metrics(request: Request) -> Response:
    """Text or OpenMetrics, as the scraper asks, for keys that allow all models or `/metrics` by name."""
    if not admission_of(request.scope.get("state", {})).allows(PATH):
        message = "This key may not read /metrics: make one with polylect keys create --model /metrics."
        raise InvalidRequest(message, code="insufficient_permissions", status=403)
    encode, kind = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(request.app.state.metrics.registry), headers={"content-type": kind})
