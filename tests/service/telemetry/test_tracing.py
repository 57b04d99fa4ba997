"""Spans at a real OTLP receiver over HTTP: the tree, its attributes, and that nobody waits for it."""

import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from service.settings import Settings
from service.telemetry.record import RequestRecord
from service.telemetry.tracing import open_tracing

SECRET = "a question nobody may read"
ASKED = [{"role": "user", "content": SECRET}]
CHAT = "/v1/chat/completions"
TWO = {"cultures": ["JP", "KE"]}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
INTERNAL, CLIENT, ERROR = 1, 3, 2


class Receiver:
    """An OTLP receiver: every span it was sent, as {name: [span]}."""

    def __init__(self) -> None:
        self.spans: list = []
        self.resources: list[dict] = []
        self.bodies: list[bytes] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.take(self.path, body)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, body: bytes) -> None:
        assert path == "/v1/traces"
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(attributes(resource.resource))
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def forget(self) -> None:
        self.spans.clear()
        self.bodies.clear()

    def named(self, name: str) -> list:
        return [span for span in self.spans if span.name == name]


def attributes(owner) -> dict:
    return {one.key: plain(one.value) for one in owner.attributes}


def plain(value):
    kind = value.WhichOneof("value")
    return [plain(one) for one in value.array_value.values] if kind == "array_value" else getattr(value, kind)


@pytest.fixture(scope="module")
def quickly():
    """Spans are sent as soon as they end, by OpenTelemetry's own variable."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
        yield


@pytest.fixture(scope="module", params=[True], ids=["cultures"])
def _traced(request, quickly, _backbone, settings_for, serve_settings):
    with Receiver() as receiver:
        sent = {"otlp_endpoint": receiver.url, "trace_cultures": request.param}
        with (
            serve_settings(settings_for(_backbone.url, **sent)) as url,
            httpx.Client(base_url=url) as client,
        ):
            yield receiver, client


@pytest.fixture
def traced(_traced, backbone):
    """Ask the service, and wait until the receiver has so many spans."""
    receiver, client = _traced
    receiver.forget()

    def ask(*bodies, spans, timeout=20.0, headers=None, leaves=False):
        for body in bodies:
            asked = {"json": {"messages": ASKED, **body}, "headers": headers, "timeout": timeout}
            with (
                contextlib.suppress(httpx.TimeoutException),
                client.stream("POST", CHAT, **asked) as response,
            ):
                pieces = response.iter_raw()
                next(pieces)
                if not leaves:
                    list(pieces)
        deadline = time.monotonic() + 5
        while len(receiver.spans) < spans:
            assert time.monotonic() < deadline, [span.name for span in receiver.spans]
            time.sleep(0.01)
        assert len(receiver.spans) == spans
        return receiver

    return ask


def test_a_council_is_a_tree(traced):
    council = {"model": "polylect/multiplex", "polylect": TWO, "stream": True}
    receiver = traced(council, spans=6, headers={"traceparent": PARENT})
    (root,) = receiver.named("invoke_workflow polylect/multiplex")
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == tuple(PARENT.split("-")[1:3])
    assert root.kind == INTERNAL
    known = attributes(root)
    assert known["gen_ai.operation.name"] == "invoke_workflow"
    assert known["gen_ai.workflow.name"] == "polylect/multiplex"
    assert (known["polylect.mode"], known["polylect.voices"], known["polylect.calls"]) == ("multiplex", 2, 3)
    assert (known["gen_ai.usage.input_tokens"], known["gen_ai.usage.output_tokens"]) == (30, 12)
    assert known["gen_ai.response.finish_reasons"] == ["stop"]
    voices = receiver.named("invoke_agent JP") + receiver.named("invoke_agent KE")
    assert [attributes(one)["gen_ai.agent.name"] for one in voices] == ["JP", "KE"]
    assert {attributes(one)["polylect.voice.status"] for one in voices} == {"spoke"}
    chats = receiver.named("chat scripted")
    assert {one.parent_span_id for one in voices} == {root.span_id}
    parents = sorted(one.parent_span_id for one in chats)
    assert parents == sorted([root.span_id, *(one.span_id for one in voices)])
    assert {one.trace_id for one in receiver.spans} == {root.trace_id}
    for span in receiver.spans:
        assert root.start_time_unix_nano <= span.start_time_unix_nano
        assert span.end_time_unix_nano <= root.end_time_unix_nano


def test_a_call_says_whom_it_asked_and_what_it_took(traced, backbone):
    receiver = traced({"model": "scripted"}, {"model": "polylect/direct", "stream": True}, spans=4)
    chats = receiver.named("chat scripted")
    address, port = httpx.URL(backbone.url).host, httpx.URL(backbone.url).port
    for chat in chats:
        known = attributes(chat)
        assert chat.kind == CLIENT
        assert known["gen_ai.operation.name"] == "chat"
        assert (known["gen_ai.provider.name"], known["gen_ai.request.model"]) == ("vllm", "scripted")
        assert (known["server.address"], known["server.port"]) == (address, port)
        assert (known["gen_ai.usage.input_tokens"], known["gen_ai.usage.output_tokens"]) == (10, 4)
        assert known["gen_ai.response.finish_reasons"] == ["stop"]
        assert known["polylect.stage"] == "direct"
    roots = receiver.named("invoke_workflow polylect/direct")
    assert {one.span_id for one in roots} == {one.parent_span_id for one in chats}
    assert len({one.trace_id for one in roots}) == 2
    assert receiver.resources[0]["service.name"] == "polylect"


def test_what_goes_wrong_is_a_code_without_a_message(traced, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(status=400, error={"message": f"I refuse {SECRET}"})
    asked = {"model": "polylect/contextual"}, {"model": "polylect/multiplex", "polylect": TWO}
    receiver = traced(*asked, spans=2 + 5)
    for span in receiver.spans:
        assert attributes(span)["error.type"] == "backbone_rejected"
        assert (span.status.code, span.status.message) == (ERROR, "")
        assert not span.events
    assert attributes(receiver.named("invoke_agent JP")[0])["polylect.voice.status"] == "silent"


@pytest.mark.parametrize("_traced", [False], indirect=True, ids=["no cultures"])
def test_nobodys_words_are_in_the_spans_and_no_culture_where_none_is_wanted(traced, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["an ", "answer ", "unheard"])
    receiver = traced({"model": "polylect/multiplex", "polylect": TWO}, spans=6)
    assert len(receiver.named("invoke_agent")) == 2
    for body in receiver.bodies:
        assert not re.search(rb"JP|KE|Japan|Kenya|nobody may read|unheard|operator-secret", body)


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_is_told_and_every_span_ends(traced, backbone, stream):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["word "] * 30, pause=0.1)
    receiver = traced(
        {"model": "polylect/multiplex", "polylect": TWO, "stream": stream}, spans=5, timeout=0.4, leaves=True
    )
    (root,) = receiver.named("invoke_workflow polylect/multiplex")
    assert attributes(root)["polylect.disconnected"] is True
    assert {attributes(one)["error.type"] for one in receiver.named("chat scripted")} == {"cancelled"}


def test_a_refused_request_is_no_workflow(traced):
    assert traced({"model": "nobody"}, {"model": "scripted"}, spans=2).named("chat scripted")


async def test_opentelemetrys_own_variables_do_and_what_is_left_is_sent_at_the_end(monkeypatch):
    with Receiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "theirs")
        async with open_tracing(Settings(), ()) as tracing:
            record = RequestRecord(mode="direct")
            tracing.begin(record, {}, 0)
            record.at_end[0](record)
            assert receiver.spans == []
        assert [span.name for span in receiver.spans] == ["invoke_workflow polylect/direct"]
        assert receiver.resources[0]["service.name"] == "theirs"


@pytest.mark.parametrize("accepts", [False, True])
async def test_a_receiver_that_is_down_or_hangs_delays_nobody(quickly, accepts):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        if accepts:
            mute.listen()
        settings = Settings(otlp_endpoint=f"http://127.0.0.1:{mute.getsockname()[1]}")
        async with open_tracing(settings, (), flush_seconds=0.2) as tracing:
            for _ in range(3):
                record = RequestRecord(mode="direct")
                started = time.monotonic()
                tracing.begin(record, {}, 0)
                for end in record.at_end:
                    end(record)
                assert time.monotonic() - started < 0.1
                await asyncio.sleep(0.03)
            stopping = time.monotonic()
        assert 0.2 <= time.monotonic() - stopping < 1


def test_opentelemetry_is_asked_for_only_where_spans_have_a_receiver():
    program = (
        "import asyncio, sys; sys.modules['opentelemetry.exporter'] = None\n"
        "from service.settings import Settings\n"
        "from service.telemetry.tracing import NoTracing, open_tracing\n"
        "async def run(endpoint):\n"
        "    async with open_tracing(Settings(otlp_endpoint=endpoint), ()) as tracing:\n"
        "        return isinstance(tracing, NoTracing)\n"
        "print(asyncio.run(run(None)), 'service.telemetry.spans' in sys.modules, flush=True)\n"
        "asyncio.run(run('http://127.0.0.1:1'))"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "POLYLECT_"))}
    done = subprocess.run(
        [sys.executable, "-c", program], env=kept, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "True False", done.stderr
    assert done.returncode == 1
    assert "ConfigurationError: Tracing is on, but opentelemetry.exporter" in done.stderr
    assert "polylect-service[otel]" in done.stderr


def test_the_log_names_the_trace(traced, caplog):
    caplog.set_level("INFO", "polylect")
    receiver = traced({"model": "scripted"}, spans=2)
    (fields,) = [record.fields for record in caplog.records if hasattr(record, "fields")]
    assert fields["trace_id"] == receiver.spans[0].trace_id.hex()
    assert SECRET not in json.dumps(fields)
