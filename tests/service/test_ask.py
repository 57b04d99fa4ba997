"""`polylect ask` before services whose every word is an order to the terminal."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typer.testing import CliRunner

from service.access.keys import create_key
from service.ask import LOCAL, Ask, AskFailed, _answers, ask_service
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


@pytest.fixture
def locked(backbone, serve_settings, settings_for, tmp_path) -> Iterator[tuple[str, str]]:
    """A service that wants a key, and the key."""
    path = tmp_path / "keys.json"
    _, secret = create_key(path, "Ana")
    with serve_settings(settings_for(backbone.url, keys_file=path)) as url:
        yield url, secret


@pytest.mark.parametrize("name", ["POLYLECT_BASE_URL", "POLYLECT_URL"])
def test_the_address_and_the_key_come_from_the_environment(locked, name):
    url, secret = locked
    address = f"{url}/v1" if name == "POLYLECT_BASE_URL" else url
    environment = {"POLYLECT_BASE_URL": "", name: address, "POLYLECT_API_KEY": f" {secret}\n"}
    done = CliRunner().invoke(cli, ["ask", "--mode", "contextual", "Hello"], env=environment)
    assert done.exit_code == 0, done.output
    assert "All is well." in done.output


def test_the_sdks_name_of_the_address_wins(locked):
    url, secret = locked
    dead = "http://127.0.0.1:9"
    environment = {"POLYLECT_BASE_URL": url, "POLYLECT_URL": dead, "POLYLECT_API_KEY": secret}
    assert CliRunner().invoke(cli, ["ask", "Hello"], env=environment).exit_code == 0


@pytest.mark.parametrize("key", ["", "wrong", "k\u00e9y", "a\nb"])
def test_without_a_good_key_the_variable_is_named(locked, key):
    environment = {"POLYLECT_BASE_URL": locked[0], "POLYLECT_API_KEY": key}
    done = CliRunner().invoke(cli, ["ask", "Hello"], env=environment)
    assert done.exit_code == 2
    assert "POLYLECT_API_KEY" in done.output
    assert "Traceback" not in done.output


def test_the_service_that_it_starts_takes_its_question_whoever_has_keys(backbone, monkeypatch, tmp_path):
    if _answers(LOCAL):
        pytest.skip("a service runs at the local address: it would be asked")
    for name in os.environ:
        if name.startswith("POLYLECT_"):
            monkeypatch.delenv(name)
    params = {"model": "hosted_vllm/scripted", "api_base": backbone.url}
    config = tmp_path / "polylect.yaml"
    config.write_text(json.dumps({"model_list": [{"model_name": "scripted", "litellm_params": params}]}))
    keys = tmp_path / "keys.json"
    create_key(keys, "Ana")
    monkeypatch.setenv("POLYLECT_CONFIG", str(config))
    monkeypatch.setenv("POLYLECT_KEYS_FILE", str(keys))
    monkeypatch.setenv("POLYLECT_PLAYGROUND", "false")  # it would only slow the start
    before = keys.read_bytes()
    console = output(terminal=False)
    ask_service(Ask("Hello", "contextual"), None, console)
    assert "All is well." in shown(console)
    assert keys.read_bytes() == before
    assert {one.name for one in Path(tmp_path).iterdir()} == {"polylect.yaml", "keys.json", "keys.json.lock"}
