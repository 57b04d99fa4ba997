"""What `polylect doctor` shows: a line for each finding, below it what to do, and the sum at the end."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.doctor.examine import examine
from service.doctor.finding import Finding, State

CHECK = 22  # characters of what was looked at
_MARKS: dict[State, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "problem": ("✗", "bold red"),
    "skipped": ("-", "dim"),
}
_ASCII = {"✓": "+", "✗": "x", "→": "->"}


def run_doctor(console: Console, *, ask: bool, as_json: bool) -> int:
    """Examine, and show: the exit status, 1 where something stops or breaks serving."""
    found = asyncio.run(_gather(None if as_json else console, ask))
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2) + "\n")
    else:
        console.print(_sum(found))
    return int(any(one.state == "problem" for one in found))


async def _gather(console: Console | None, ask: bool) -> list[Finding]:
    """All findings; each is shown as soon as it is there."""
    found = []
    with console.status("looking …") if console else nullcontext():
        async for finding in examine(ask=ask):
            found.append(finding)
            if console:
                console.print(line(finding, ascii_only=console.options.ascii_only))
    return found


def line(finding: Finding, *, ascii_only: bool = False) -> Table:
    """One finding: mark, what was looked at, what was found, and the cure below it."""
    mark, style = _MARKS[finding.state]
    shown = Table.grid(padding=(0, 2, 0, 0))
    shown.add_column(width=1)
    shown.add_column(width=CHECK, overflow="fold")
    shown.add_column(overflow="fold")
    quiet = "dim" if finding.state == "skipped" else ""
    shown.add_row(
        Text(_ASCII[mark] if ascii_only and mark in _ASCII else mark, style),
        Text(finding.check, quiet),
        Text(finding.found, quiet),
    )
    if finding.cure:
        arrow = _ASCII["→"] if ascii_only else "→"
        shown.add_row("", "", Text.assemble((f"{arrow} ", style), (finding.cure, "bold")))
    return shown


def _sum(found: Iterable[Finding]) -> Text:
    counted = Counter(one.state for one in found)
    told = [_many(counted["problem"], "problem")] * bool(counted["problem"])
    told += [_many(counted["warning"], "warning")] * bool(counted["warning"])
    if not told:
        return Text("\nNothing is wrong.", "bold green")
    end = "." if counted["problem"] else "; it serves."
    return Text(f"\n{', '.join(told)}{end}", "bold red" if counted["problem"] else "bold yellow")


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count > 1)}"
