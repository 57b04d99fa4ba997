"""`polylect ask` before services whose every word is an order to the terminal."""

import io
import json
from collections.abc import Iterator

import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typer.testing import CliRunner

from service.ask import Ask, AskFailed, ask_service
from service.cli import app as cli

COPIES = "\x1b]52;c;ZXZpbA==\x07"
LINKS = "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\"
CLEARS = "\x9b2J"
EVIL = f"{COPIES}{LINKS}{CLEARS}\x00\r\x7f\x08[bold]loud[/bold] :smile: [link=http://evil.example]\ud800"
SHOWN = (
    "]52;c;ZXZpbA==]8;;http://evil.example\\here]8;;\\2J[bold]loud[/bold] :smile: [link=http://evil.example]"
)


def output(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=400, legacy_windows=False)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def controls(text: str) -> set[str]:
    return {one for one in text if ord(one) < 32 or 127 <= ord(one) < 160} - {"\n"}


@pytest.mark.parametrize("mode", ["direct", "contextual", "multiplex"])
def test_a_models_orders_to_the_terminal_are_shown_as_letters(service, backbone, mode):
    reply = type(backbone.reply({}))
    # the last order comes in two pieces
    backbone.reply = lambda body: reply(words=["Tabs\tand\n", EVIL[:-1], "\x1b", "[31mred", " end."])
    console = output(terminal=False)
    ask_service(Ask("Hello", mode, ("JP",) if mode == "multiplex" else ()), service, console)
    written = shown(console)
    assert controls(written) == set()
    answer = written[written.index("answer") :]
    assert f"{SHOWN}[31mred end." in answer
    assert "Tabs    and\n" in answer


@pytest.mark.parametrize("order", ["\x1b]52", "\x1b]8", "\x9b", "\x00"])
def test_nor_do_they_reach_a_terminal_that_is_drawn_on(service, backbone, order):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=[EVIL[:-1]])
    console = output(terminal=True)
    ask_service(Ask("Hello", "contextual"), service, console)
    written = shown(console)
    assert order not in written
    assert "[bold]loud[/bold] :smile:" in written


def evil_service(status: int) -> Starlette:
    """No Polylect: whatever it says, in headers, keys, names and reasons, is an order."""
    voice = {"culture": EVIL, "language": EVIL}
    event = {**voice, "type": "finished", "status": EVIL, "reason": EVIL, "text": EVIL, "tokens": 1}
    pds = {"distribution": {EVIL: 1.0}, "entropy": 0.0, "sectors": EVIL}
    voices = [{**voice, "why": EVIL}]
    last = {"perspectives": [], "pds": pds, "why": EVIL, "voices": voices, "calls": EVIL}
    chunks = [
        {"choices": [], "polylect": {"event": {**voice, "type": "started"}}},
        {"choices": [], "polylect": {"event": {**voice, "type": "delta", "text": EVIL}}},
        {"choices": [], "polylect": {"event": event}},
        {"choices": [{"delta": {"content": EVIL}}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "polylect": last},
    ]
    frames = [json.dumps(one) for one in chunks] + ["[DONE]"]
    header = "\x9b2J[bold]"

    async def chat(request: Request) -> Response:
        if status != 200:
            return JSONResponse({"error": {"message": EVIL[:-1]}}, status)
        headers = {f"x-polylect-{name}": header for name in ("mode", "cultures", "language")}
        stream = "".join(f"data: {frame}\n\n" for frame in frames)
        return Response(stream, 200, headers, media_type="text/event-stream")

    async def ready(request: Request) -> Response:
        return JSONResponse({"status": "ready"})

    return Starlette(routes=[Route("/readyz", ready), Route("/v1/chat/completions", chat, methods=["POST"])])


@pytest.fixture(params=[200, 502])
def evil(request, serve) -> Iterator[tuple[str, int]]:
    with serve(evil_service(request.param)) as url:
        yield url, request.param


def test_nothing_that_a_service_says_is_an_order_or_markup(evil):
    url, status = evil
    console = output(terminal=False)
    if status == 200:
        ask_service(Ask("Hello"), url, console)
        written = shown(console)
        assert "mode 2J[bold] · asked in 2J[bold] · 2J[bold]" in written
        assert written.count("[bold]loud[/bold] :smile: [link=http://evil.example]") >= 8
    else:
        with pytest.raises(AskFailed) as caught:
            ask_service(Ask("Hello"), url, console)
        written = str(caught.value)
        assert written == SHOWN
    assert controls(written) == set()


def test_the_command_shows_an_error_as_it_is(evil):
    url, status = evil
    done = CliRunner().invoke(cli, ["ask", "--url", url, "Hello"])
    assert done.exit_code == (0 if status == 200 else 2)
    assert controls(done.output) == set()
    assert "[bold]loud[/bold]" in done.output.replace("\n", "")
