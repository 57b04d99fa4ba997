"""What `polylect ask` shows: the voices side by side while they speak, then the answer as it is written.

What comes from a service is put into `Text`: Rich would take a string's brackets for markup.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agents import Cultures

_LINES = 6
_SENT = {"spoke": "green", "cut": "yellow", "silent": "red", "speaking": "cyan"}


@dataclass(slots=True)
class _Voice:
    name: str
    language: str
    status: str = "speaking"
    text: str = ""
    reason: str = ""


class CouncilView:
    """A context manager that is shown every chunk of a traced stream."""

    def __init__(self, console: Console, cultures: Cultures) -> None:
        self._console = console
        self._cultures = cultures
        self._voices: dict[tuple[str | None, str | None], _Voice] = {}
        self._live = Live(console=console, transient=True, refresh_per_second=8)
        self._announced = False
        self._answering = False
        self._started = time.monotonic()

    def __enter__(self) -> "CouncilView":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, headers: Mapping[str, str], chunk: Mapping[str, Any]) -> None:
        """Take one chunk in and bring the screen up to date."""
        if not self._announced:
            self._announce(headers)
        extension = chunk.get("polylect") or {}
        if event := extension.get("event"):
            self._hear(event)
        for choice in chunk.get("choices") or ():
            if text := (choice.get("delta") or {}).get("content"):
                self._write(text)
        if "perspectives" in extension or any(one.get("finish_reason") for one in chunk.get("choices") or ()):
            self._sum_up(extension)

    def _announce(self, headers: Mapping[str, str]) -> None:
        self._announced = True
        mode = headers.get("x-polylect-mode", "direct")
        named = [self._name(one) for one in headers.get("x-polylect-cultures", "").split(",") if one]
        language = headers.get("x-polylect-language", "unknown")
        route = f"mode {mode} · asked in {language}" + (f" · {', '.join(named)}" if named else "")
        self._console.print(Text(route, style="dim"))

    def _hear(self, event: Mapping[str, Any]) -> None:
        speaker, again = (event["culture"], event.get("role")), event.get("round", 1) > 1
        if event["type"] == "started" and again:
            voice = self._voices[speaker]
            voice.status, voice.text = "speaking", f"{voice.text.rstrip()}\n\nHaving heard the others\n"
        elif event["type"] == "started":
            self._voices[speaker] = _Voice(self._name(*speaker), event["language"])
        elif event["type"] == "delta":
            self._voices[speaker].text += event["text"]
        else:
            voice = self._voices[speaker]
            voice.status, voice.reason = event["status"], event.get("reason") or ""
        self._live.update(self._speaking())

    def _write(self, text: str) -> None:
        if not self._answering:
            self._answering = True
            self._live.stop()
            if self._voices:
                self._console.print(Columns(self._panels(), equal=True))
            self._console.rule("[bold]answer[/]", style="dim")
        self._console.print(Text(text), end="", soft_wrap=True)

    def _sum_up(self, extension: Mapping[str, Any]) -> None:
        self._console.print()
        if not extension:
            return
        self._console.rule(style="dim")
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        if score := extension.get("pds"):
            table.add_row("perspectives distribution", self._distribution(score))
        table.add_row("why this mode", Text(str(extension.get("why", ""))))
        for number, voice in enumerate(extension.get("voices") or ()):
            said = [self._name(voice["culture"], voice.get("role")), voice["language"]]
            route = voice.get("route") or {}
            why = f"{voice['why']}; {route['why']}" if route.get("known") else voice["why"]
            name = f"{' · '.join(said)}: {why}"
            table.add_row("" if number else "why these voices", Text(name))
        table.add_row("calls", Text(f"{extension['calls']} in {time.monotonic() - self._started:.1f} s"))
        self._console.print(table)

    def _distribution(self, score: Mapping[str, Any]) -> RenderableType:
        if not score["distribution"]:
            return Text("the answer names no culture")
        shares = sorted(score["distribution"].items(), key=lambda one: -one[1])
        bars = [
            Text(f"{'█' * max(1, round(share * 20)):<20} {share:4.0%}  {sector}") for sector, share in shares
        ]
        return Group(*bars, Text(f"entropy {score['entropy']:.2f} over {score['sectors']} sectors"))

    def _speaking(self) -> RenderableType:
        return Columns([self._panel(voice, _LINES) for voice in self._voices.values()], equal=True)

    def _panels(self) -> list[Panel]:
        return [self._panel(voice, None) for voice in self._voices.values()]

    def _panel(self, voice: _Voice, lines: int | None) -> Panel:
        """A voice in its frame: the end of what it says while it speaks, all of it afterwards."""
        width = max(24, self._console.width // 3)
        text = voice.text.strip() or voice.reason or "…"
        if lines:
            text = text[-(width - 4) * lines :]
        style = _SENT.get(voice.status, "dim")
        title = f"{voice.name} · {voice.language}" + ("" if voice.status == "spoke" else f" · {voice.status}")
        said = Text(text, overflow="fold")
        return Panel(said, title=Text(title), title_align="left", border_style=style, width=width)

    def _name(self, culture: str | None, role: str | None = None) -> str:
        named = self._cultures.get(culture).name("en") if culture and culture in self._cultures else culture
        return " · ".join(filter(None, (role, named)))
