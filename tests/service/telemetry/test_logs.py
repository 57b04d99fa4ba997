"""The log: one line for each request with what an operator needs, and not a word of anybody's."""

import contextlib
import io
import json
import logging
import sys
import time

import httpx
import pydantic
import pytest

from agents import FakeModel
from service.app import create_app
from service.settings import Settings
from service.telemetry.logs import TextLines, log_handler, told, without_messages
from service.telemetry.record import RequestRecord

CHAT = "/v1/chat/completions"
SECRET = "how do Kenyans greet?"
SPOKEN = "unheard-answer"
HELLO = [{"role": "user", "content": SECRET}]
HEADERS = {"authorization": "Bearer client-secret", "cookie": "token=client-cookie", "x-request-id": "mine-1"}
FORBIDDEN = (SECRET, SPOKEN, "JP", "KE", "Kenya", "Japan", "client-", "operator-secret", "query-string")


class Lines:
    """What the log says, each line as JSON."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def text(self) -> str:
        return self.stream.getvalue()

    def requests(self, count: int = 1) -> list[dict]:
        """The lines of so many requests; they come a moment after the client's end of the answer."""
        deadline = time.monotonic() + 2
        while self.text().count('"message":"request"') < count and time.monotonic() < deadline:
            time.sleep(0.01)
        lines = [json.loads(line) for line in self.text().splitlines()]
        found = [line for line in lines if line["message"] == "request"]
        assert len(found) == count
        return found


@pytest.fixture
def lines(backbone):
    """The log of the service in this process, as JSON lines."""
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=[SPOKEN, " ", "x", "y"])
    lines, logger = Lines(), logging.getLogger("polylect")
    handler = log_handler("json", lines.stream)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(level)


def ask(service: str, **body) -> httpx.Response:
    asked = {"model": "polylect/multiplex", "messages": HELLO, **body}
    return httpx.post(f"{service}{CHAT}?q=query-string", json=asked, headers=HEADERS, timeout=20)


@pytest.mark.parametrize("stream", [False, True])
def test_a_council_is_one_line_of_numbers_and_names(service, lines, stream):
    assert SPOKEN in ask(service, stream=stream, polylect={"cultures": ["JP", "KE"]}).text
    (line,) = lines.requests()
    assert line.pop("duration_ms") > line.pop("overhead_ms") > 0
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "polylect",
        "message": "request",
        "request_id": "mine-1",
        "method": "POST",
        "route": CHAT,
        "status": 200,
        "mode": "multiplex",
        "backbone": "scripted",
        "calls": 3,
        "prompt_tokens": 30,
        "completion_tokens": 12,
        "voices_spoke": 2,
    }
    assert [word for word in FORBIDDEN if word in lines.text()] == []


@pytest.mark.parametrize("model", ["scripted", "polylect/contextual"])
def test_a_stream_that_breaks_says_so(service, lines, backbone, model):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(break_after=2, pause=0.1)
    ask(service, model=model, stream=True)
    (line,) = lines.requests()
    assert (line["status"], line["error"]) == (200, "backbone_unavailable")


def test_what_a_stranger_sends_is_not_repeated(service, lines):
    ask(service, model="client-model")
    ask(service, messages=[{"role": "user", "content": 7, "client-field": SECRET}])
    httpx.get(f"{service}/client-path?q=query-string")
    unknown, invalid, lost = lines.requests(3)
    assert (unknown["status"], unknown["error"], unknown["route"]) == (404, "model_not_found", CHAT)
    assert (invalid["status"], invalid["error"]) == (400, "invalid_value")
    assert (lost["status"], lost["route"], lost["method"]) == (404, "unmatched", "GET")
    assert "mode" not in unknown
    assert [word for word in FORBIDDEN if word in lines.text()] == []


def test_a_client_that_leaves_is_told(service, lines, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["word "] * 30, pause=0.1)
    with contextlib.suppress(httpx.TimeoutException):
        httpx.post(f"{service}{CHAT}", json={"model": "scripted", "messages": HELLO}, timeout=0.3)
    (line,) = lines.requests()
    assert line["disconnected"] is True


def test_probes_are_not_told(service, lines):
    for path in ("/healthz", "/readyz", "/metrics"):
        httpx.get(f"{service}{path}")
    assert lines.text() == ""


def test_a_failure_is_told_with_its_places_and_without_its_message(lines, serve):
    def fail(request):
        raise KeyError(SECRET)

    with serve(create_app(Settings(), model=FakeModel(answer=fail))) as url:
        assert ask(url, model="polylect/contextual").status_code == 500
    (line,) = lines.requests()
    assert (line["status"], line["error"]) == (500, "KeyError")
    failure = next(json.loads(one) for one in lines.text().splitlines() if "exception" in one)
    assert "builtins.KeyError (its message is withheld)" in failure["exception"]
    assert "in fail\n" in failure["exception"]
    assert SECRET not in lines.text()


def test_nothing_behind_an_exception_is_quoted():
    class Body(pydantic.BaseModel):
        number: int

    def broken():
        try:
            try:
                Body(number=SECRET)
            except pydantic.ValidationError as error:
                raise ValueError(f"bad: {SECRET}") from error
        except ValueError:
            raise ExceptionGroup(SECRET, [KeyError(SECRET)])  # noqa: B904  # its context is the point

    with pytest.raises(ExceptionGroup) as caught:
        broken()
    text = without_messages(caught.value)
    for kind in ("ExceptionGroup", "KeyError", "ValueError", "ValidationError"):
        assert f"{kind} (its message is withheld)" in text
    assert "in broken" in text
    assert SECRET not in text


def test_text_lines_are_for_people_and_as_discreet():
    try:
        raise ValueError(SECRET)
    except ValueError:
        record = logging.getLogger("x").makeRecord("x", logging.ERROR, "f", 1, "failed", (), sys.exc_info())
    logging.Formatter().format(record)  # another handler's, which keeps the text in the record
    record.fields = told(RequestRecord("req_1", "GET", status=404))
    text = TextLines().format(record)
    assert " ERROR x: failed request_id=req_1 method=GET route=unmatched status=404 duration_ms=" in text
    assert "ValueError (its message is withheld)" in text
    assert SECRET not in text


@pytest.mark.parametrize("chosen", ["text", "json"])
def test_a_task_that_nobody_awaited_is_not_quoted(chosen):
    message = f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{SECRET}')>"
    handler = log_handler(chosen, io.StringIO())
    handler.handle(logging.getLogger("x").makeRecord("asyncio", logging.ERROR, "f", 1, message, (), None))
    assert "was never retrieved" in handler.stream.getvalue()
    assert SECRET not in handler.stream.getvalue()


@pytest.mark.parametrize(
    ("chosen", "terminal", "text"),
    [("text", False, True), ("json", True, False), (None, True, True), (None, False, False)],
)
def test_the_format_is_the_settings_else_text_on_a_terminal(chosen, terminal, text):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    handler = log_handler(chosen, stream)
    handler.handle(logging.getLogger("x").makeRecord("x", logging.INFO, "f", 1, "up", (), None))
    written = stream.getvalue()
    assert written.endswith("INFO x: up\n") if text else json.loads(written)["message"] == "up"
