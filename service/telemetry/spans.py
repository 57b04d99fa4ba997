"""The spans of one request, by OpenTelemetry's GenAI conventions (semantic-conventions-genai, 2026).

    invoke_workflow polylect/MODE
    +-- invoke_agent CULTURE      one a voice
    |   +-- chat MODEL            one a call of a backbone
    +-- chat MODEL                the synthesis, or the only call

Spans start with an explicit parent and are never attached to a context: calls run in tasks of LangGraph's and
inside asynchronous generators, where an attached context gets lost or leaks. They carry names, numbers and
codes, no text of anybody's. Imported by `tracing` alone, and only where spans have a receiver.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from agents import Perspective
from service.settings import Deployment
from service.telemetry.observed import Call
from service.telemetry.record import RequestRecord

Attributes = Mapping[str, Any]
_PARENT = TraceContextTextMapPropagator()
_PROVIDERS = {
    "hosted_vllm": "vllm",
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""LiteLLM's prefixes that the conventions know by another name."""


class Sending:
    """Spans on their way to a receiver, in batches and by a thread of its own: nobody waits for it.

    `url` None leaves the address to OpenTelemetry's variables; headers, timeouts, sampling are theirs anyway.
    """

    def __init__(self, url: str | None) -> None:
        ours = version("polylect-service")
        resource = Resource.create({"service.version": ours})
        if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
            resource = resource.merge(Resource({SERVICE_NAME: "polylect"}))
        self._exporter = OTLPSpanExporter(endpoint=url)
        # Not the process's global provider: an application of its own has spans of its own.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self.tracer = self._provider.get_tracer("polylect", ours)

    def flush(self) -> None:
        """Send what is left, however long that takes, and end."""
        self._provider.shutdown()

    def give_up(self) -> None:
        """Send nothing again of what has failed to arrive."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Spans:
    """Makes the spans of requests. `known` is what the conventions say of the model behind each name."""

    tracer: Tracer
    known: Mapping[str, Attributes]
    cultures: bool

    def begin(self, record: RequestRecord, headers: Mapping[str, str], voices: int) -> "RequestSpans":
        """The spans of a request whose plan is known; the client's `traceparent` is their parent."""
        carrier = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
        workflow = f"polylect/{record.mode}"
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.workflow.name": workflow,
            "polylect.mode": record.mode,
            "polylect.voices": voices,
        }
        root = self.tracer.start_span(
            f"invoke_workflow {workflow}",
            _PARENT.extract(carrier) if carrier else None,
            attributes=attributes,
            start_time=time.time_ns() - round(record.seconds * 1e9),
        )
        spans = RequestSpans(self.tracer, root, self.known, self.cultures)
        record.trace_id = f"{root.get_span_context().trace_id:032x}"
        record.at_end.append(spans.end)
        return spans


def describe(deployments: Sequence[Deployment]) -> dict[str, Attributes]:
    """What the conventions say of each backbone. Of several behind one name the first stands for all."""
    return {one.model_name: _described(one) for one in reversed(deployments)}


def _described(deployment: Deployment) -> dict[str, Any]:
    """What the conventions say of the model behind a name."""
    provider, slash, model = deployment.litellm_params.model.partition("/")
    known: dict[str, Any] = {
        "gen_ai.provider.name": _PROVIDERS.get(provider, provider) if slash else "openai",
        "gen_ai.request.model": model or provider,
        "polylect.backbone": deployment.model_name,
    }
    address = urlsplit(deployment.litellm_params.api_base or "")
    if address.hostname:
        known["server.address"] = address.hostname
        known["server.port"] = address.port or (443 if address.scheme == "https" else 80)
    return known


@dataclass(slots=True)
class RequestSpans:
    """One request's spans: the workflow, its voices by culture, its calls."""

    tracer: Tracer
    root: Span
    known: Mapping[str, Attributes]
    cultures: bool
    _voices: dict[str, Span] = field(default_factory=dict)
    _calls: dict[int, Span] = field(default_factory=dict)
    _reasons: list[str] = field(default_factory=list)

    def call_started(self, call: Call) -> None:
        """A call of a backbone begins."""
        known = self.known.get(call.backbone, {"polylect.backbone": call.backbone})
        parent = self._voice(call.agent, known) if call.agent else self.root
        model = known.get("gen_ai.request.model", call.backbone)
        attributes = {"gen_ai.operation.name": "chat", "polylect.stage": call.stage, **known}
        self._calls[id(call)] = self._start(f"chat {model}", parent, attributes, SpanKind.CLIENT)

    def call_ended(self, call: Call) -> None:
        """It has ended, and what became known of it is in the call."""
        span = self._calls.pop(id(call))
        if call.usage:
            span.set_attribute("gen_ai.usage.input_tokens", call.usage.prompt_tokens)
            span.set_attribute("gen_ai.usage.output_tokens", call.usage.completion_tokens)
        if call.finish_reasons:
            span.set_attribute("gen_ai.response.finish_reasons", call.finish_reasons)
            if call.agent is None:
                self._reasons += call.finish_reasons
        _fail(span, call.error)
        span.end()

    def voice_ended(self, said: Perspective) -> None:
        """A voice has ended, one way or another."""
        span = self._voices.pop(said.culture, None)
        if span is not None:
            span.set_attribute("polylect.voice.status", said.status)
            _fail(span, said.problem.code if said.problem else None)
            span.end()

    def end(self, record: RequestRecord) -> None:
        """The request has ended, and with it whatever was still open."""
        for span in (*self._calls.values(), *self._voices.values()):
            span.end()
        told: dict[str, Any] = {
            "polylect.calls": record.calls,
            "gen_ai.usage.input_tokens": record.usage.prompt_tokens,
            "gen_ai.usage.output_tokens": record.usage.completion_tokens,
            "http.response.status_code": record.status,
            "gen_ai.response.finish_reasons": tuple(self._reasons),
            "polylect.disconnected": record.disconnected,
        }
        self.root.set_attributes({name: value for name, value in told.items() if value is not None})
        _fail(self.root, record.error)
        self.root.end()

    def _voice(self, culture: str, known: Attributes) -> Span:
        """The span of this culture's voice, begun with its first call."""
        if culture not in self._voices:
            attributes: dict[str, Any] = {"gen_ai.operation.name": "invoke_agent"}
            attributes |= {key: known[key] for key in ("gen_ai.provider.name",) if key in known}
            if self.cultures:
                attributes |= {"gen_ai.agent.name": culture}
            name = f"invoke_agent {culture}" if self.cultures else "invoke_agent"
            self._voices[culture] = self._start(name, self.root, attributes)
        return self._voices[culture]

    def _start(
        self, name: str, parent: Span, attributes: Attributes, kind: SpanKind = SpanKind.INTERNAL
    ) -> Span:
        return self.tracer.start_span(name, set_span_in_context(parent), kind, attributes)


def _fail(span: Span, error: str | None) -> None:
    """The code alone: an error's message may quote what was asked."""
    if error:
        span.set_attribute("error.type", error)
        span.set_status(StatusCode.ERROR)
