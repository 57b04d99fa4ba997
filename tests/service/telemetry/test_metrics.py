"""/metrics after known traffic: exact counts, bounded labels; and the dashboard that reads it."""

import contextlib
import json
import re
import socket
import time
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

DASHBOARD = Path(__file__).parents[3] / "deploy" / "grafana" / "polylect.json"
HELLO = [{"role": "user", "content": "Hello"}]
SERIES = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')
CHAT = "/v1/chat/completions"
TWO = {"cultures": ["JP", "KE"]}


@pytest.fixture(scope="module")
def _watched(_backbone, serve_settings, settings_for):
    settings = settings_for(_backbone.url, max_fan_outs=1, voice_seconds=0.7)
    with serve_settings(settings) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


class Watch:
    """What has been counted since it was made."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self._before = self.now = self.read()

    def read(self) -> dict[tuple[str, frozenset], float]:
        lines = SERIES.findall(self.client.get("/metrics").text)
        self.now = {(name, frozenset(LABEL.findall(has))): float(value) for name, has, value in lines}
        return self.now

    def __call__(self, name: str, **labels: str) -> float:
        """How much the series with these labels, and whatever others, had grown together when last read."""
        wanted = set(labels.items())
        return sum(
            value - self._before.get((found, has), 0)
            for (found, has), value in self.now.items()
            if found == f"polylect_{name}" and wanted <= has
        )

    def settles(self, value: float, name: str, **labels: str) -> None:
        """What is counted at the end of a request may come a moment after the client's end of it."""
        deadline = time.monotonic() + 2
        while self.read() and (found := self(name, **labels)) != value:
            assert time.monotonic() < deadline, f"{name}{labels} is {found}, not {value}"
            time.sleep(0.01)


@pytest.fixture
def watch(_watched, backbone):
    return Watch(_watched)


def ask(watch: Watch, model: str, *, stream: bool = False, **more) -> httpx.Response:
    body = {"model": model, "messages": HELLO, "stream": stream, **more}
    return watch.client.post(CHAT, json=body)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("model", "mode", "calls"),
    [
        ("scripted", "direct", {"direct": 1}),
        ("polylect/direct", "direct", {"direct": 1}),
        ("polylect/contextual", "contextual", {"contextual": 1}),
        ("polylect/multiplex", "multiplex", {"perspective": 2, "synthesise": 1}),
    ],
)
def test_every_mode_is_counted(watch, model, mode, calls, stream):
    more = {"polylect": TWO} if mode == "multiplex" else {}
    assert ask(watch, model, stream=stream, **more).status_code == 200
    labels = {"endpoint": CHAT, "mode": mode, "backbone": "scripted", "status": "200"}
    watch.settles(1, "requests_total", **labels)
    assert watch("requests_total") == 1
    assert watch("request_duration_seconds_count", endpoint=CHAT, mode=mode, status="2xx") == 1
    assert watch("request_overhead_seconds_count", mode=mode) == 1
    assert 0 < watch("request_overhead_seconds_sum") < watch("request_duration_seconds_sum")
    for stage, count in calls.items():
        assert watch("call_duration_seconds_count", stage=stage, backbone="scripted") == count
        assert watch("stage_duration_seconds_count", stage=stage) == 1
        assert watch("tokens_total", stage=stage, kind="prompt") == 10 * count
        assert watch("tokens_total", stage=stage, kind="completion") == 4 * count
    assert watch("call_duration_seconds_count") == sum(calls.values())
    assert watch("voices_total", outcome="spoke") == watch("voices_total") == calls.get("perspective", 0)
    assert watch("time_to_first_token_seconds_count", mode=mode, part="answer") == int(stream)
    assert watch("time_to_first_token_seconds_count", part="voice") == int(stream and mode == "multiplex")
    assert not watch("upstream_errors_total") + watch("disconnects_total")


def test_gauges_show_what_is_under_way_and_fall_back(watch, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["word "] * 4, pause=0.15)
    body = {"model": "polylect/multiplex", "messages": HELLO, "stream": True, "polylect": TWO}
    with watch.client.stream("POST", CHAT, json=body) as response:
        pieces = response.iter_raw()
        next(pieces)
        shown = watch.read()
        gauges = ("requests_in_flight", "councils_in_flight", "calls_in_flight")
        assert [shown[f"polylect_{gauge}", frozenset()] for gauge in gauges] == [1, 1, 2]
        assert ask(watch, "polylect/multiplex", polylect=TWO).json()["error"]["code"] == "too_many_fan_outs"
        assert b"[DONE]" in b"".join(pieces)
    for gauge in ("requests_in_flight", "calls_in_flight", "councils_in_flight"):
        watch.settles(0, gauge)
    assert watch("requests_total", mode="multiplex", status="429") == 1
    assert watch.read()["polylect_councils_limit", frozenset()] == 1


@pytest.mark.parametrize("model", ["scripted", "polylect/contextual"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_an_error_of_the_backbones(watch, backbone, model, stream):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(status=429, error={"message": "slow down"})
    assert ask(watch, model, stream=stream).status_code == 429
    watch.settles(1, "requests_total", status="429", backbone="scripted")
    assert watch("upstream_errors_total", kind="backbone_rejected", backbone="scripted") == 1
    assert watch("upstream_errors_total") == 1


@pytest.mark.parametrize("model", ["scripted", "polylect/contextual"])
def test_a_stream_that_breaks_counts_with_the_status_it_came_too_late_for(watch, backbone, model):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(break_after=2, pause=0.1)
    answer = ask(watch, model, stream=True)
    assert answer.status_code == 200
    assert "backbone_unavailable" in answer.text
    watch.settles(1, "requests_total", status="503")
    assert watch("upstream_errors_total", kind="backbone_unavailable") == 1


def test_a_voice_that_runs_out_of_time_is_cut_and_its_backbone_is_too_slow(watch, backbone):
    reply = type(backbone.reply({}))
    said = iter([["fine"], ["slow"] * 9])
    voice = {1: 0.0, 9: 0.1}

    def answer(body):
        words = next(said, ["the", " end"])
        return reply(words=words, pause=voice.get(len(words), 0.0))

    backbone.reply = answer
    assert ask(watch, "polylect/multiplex", polylect=TWO).status_code == 200
    watch.settles(1, "requests_total", status="200")
    assert (watch("voices_total", outcome="spoke"), watch("voices_total", outcome="cut")) == (1, 1)
    assert watch("upstream_errors_total", kind="backbone_timeout", backbone="scripted") == 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("model", "mode"), [("scripted", "direct"), ("polylect/multiplex", "multiplex")])
def test_a_client_that_leaves_is_counted_once(watch, backbone, model, mode, stream):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["word "] * 30, pause=0.1)
    body = {"model": model, "messages": HELLO, "stream": stream}
    with (
        contextlib.suppress(httpx.TimeoutException),
        watch.client.stream("POST", CHAT, json=body, timeout=0.3) as response,
    ):
        next(response.iter_raw())
    watch.settles(1, "disconnects_total", mode=mode)
    assert watch("requests_total", mode=mode, status="499") == watch("requests_total") == 1
    assert not watch("upstream_errors_total")
    assert watch("requests_in_flight") == watch("calls_in_flight") == 0


def test_a_client_that_leaves_in_the_midst_of_its_request_is_counted(watch):
    address = watch.client.base_url
    with socket.create_connection((address.host, address.port)) as connection:
        connection.sendall(f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
        time.sleep(0.05)
    watch.settles(1, "disconnects_total", mode="none")
    assert watch("requests_total", endpoint=CHAT, mode="none", status="499") == 1


def test_a_stranger_adds_no_label(watch):
    client, series = watch.client, set(watch.read())
    for number in range(30):
        assert client.post(CHAT, json={"model": f"m-{number}", "messages": HELLO}).status_code == 404
        assert client.get(f"/v1/models/nobody-{number}").status_code == 404
        assert client.get(f"/path-{number}?q={number}").status_code == 404
    added = set(watch.read()) - series
    client.post(CHAT, json={"model": "polylect/direct@nobody", "messages": HELLO})
    assert set(watch.read()) - series == added, "and once seen nothing more"
    endpoints = {dict(labels).get("endpoint") for _, labels in added} - {None}
    assert endpoints <= {CHAT, "/v1/models/{model:path}", "unmatched"}
    assert not [labels for _, labels in added if re.search(r"m-\d|nobody|path-", str(labels))]
    watch.settles(31, "requests_total", endpoint=CHAT, mode="none", backbone="none", status="404")
    assert watch("requests_total", endpoint="unmatched", status="404") == 30


def test_a_thousand_models_and_backbones_are_a_handful_of_labels():
    from service.telemetry.metrics import Metrics
    from service.telemetry.record import RequestRecord

    metrics = Metrics(["known"], councils=lambda: 0, most_councils=1)
    for number in range(1000):
        record = RequestRecord(mode=f"mode-{number}", backbone=f"b-{number}", status=600 + number)
        metrics.request_ended(record)
        metrics.call_ended("direct", f"b-{number}", 1.0, None)
        metrics.upstream_error(f"kind-{number}", f"b-{number}")
    families = {one.name: one for one in metrics.registry.collect()}
    counted = {
        name: {frozenset(sample.labels.items()) for sample in families[name].samples}
        for name in ("polylect_requests", "polylect_upstream_errors")
    }
    assert counted["polylect_requests"] == {
        frozenset({"endpoint": "unmatched", "mode": "other", "backbone": "other", "status": "500"}.items())
    }
    assert counted["polylect_upstream_errors"] == {frozenset({"kind": "other", "backbone": "other"}.items())}


def test_who_watches_is_not_counted(watch):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert watch.client.get(path).status_code == 200
    watch.read()
    assert watch("requests_total") == 0


def test_prometheus_own_parser_reads_all_of_it(watch):
    ask(watch, "scripted")
    families = list(text_string_to_metric_families(watch.client.get("/metrics").text))
    assert {one.type for one in families} >= {"counter", "gauge", "histogram"}
    assert all(one.documentation for one in families)


def test_openmetrics_is_spoken_to_those_who_ask(watch):
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    answer = watch.client.get("/metrics", headers=accept)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_no_culture_is_told(watch):
    ask(watch, "polylect/multiplex", polylect={"cultures": ["JP", "KE"]})
    watch.settles(1, "requests_total")
    values = {value for _, labels in watch.read() for _, value in labels}
    assert not values & {"JP", "KE", "Japan", "Kenya", "east-asian", "sub-saharan-african"}


def test_the_dashboard_asks_for_what_is_exported(watch, backbone):
    ask(watch, "polylect/multiplex", stream=True, polylect=TWO)
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(status=500, error={"message": "broken"})
    ask(watch, "scripted")
    with contextlib.suppress(httpx.TimeoutException):
        backbone.reply = lambda body: reply(pause=0.5)
        watch.client.post(CHAT, json={"model": "scripted", "messages": HELLO}, timeout=0.2)
    watch.settles(1, "disconnects_total")
    exported = {name for name, _ in watch.read()}
    dashboard = json.loads(DASHBOARD.read_text("utf-8"))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    named = {name for one in expressions for name in re.findall(r"\bpolylect_[a-z_]+", one)}
    assert len(expressions) >= 10
    assert named <= exported
    for one in expressions:
        assert one.count("(") == one.count(")")
        assert set(re.findall(r"by \(([^)]*)\)", one)) <= {
            "le", "le, part", "le, stage", "mode, status", "outcome", "stage, kind", "kind, backbone", "mode",
        }  # fmt: skip
    inputs = {panel["datasource"]["uid"] for panel in dashboard["panels"] if "datasource" in panel}
    assert inputs == {"${datasource}"}
