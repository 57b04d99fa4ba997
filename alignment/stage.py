"""How every stage runs: rows, several at a time, on from where it was; it ends if nobody answers."""

import asyncio
import errno
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from alignment.chat import CallFailed, Misconfigured, Refused
from alignment.journal import Journal, Row

GIVE_UP = 5  # rows in a row whose calls failed: the endpoint is gone


class Rejected(Exception):
    """A row that comes to nothing: `reason`, a few words that are counted, and what there was to see."""

    def __init__(self, reason: str, seen: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.seen = seen


class StageStopped(Exception):
    """The stage ended before its rows did; the same command goes on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the row `id`: a row, or `rejected`, or `failed`, the call that did not come back."""

    id: str
    row: Row | None = None
    rejected: Rejected | None = None
    failed: CallFailed | None = None


Make = Callable[[Row], Awaitable[Row]]
"""A stage's own work: one row in, one out. Raises Rejected, or CallFailed."""


async def outcome(make: Make, row: Row) -> Outcome:
    """What `make` makes of it."""
    try:
        return Outcome(row["id"], row=await make(row))
    except Rejected as error:
        return Outcome(row["id"], rejected=error)
    except CallFailed as error:
        return Outcome(row["id"], failed=error)


async def made_here(make: Make, rows: Iterable[Row], at_once: int) -> AsyncGenerator[Outcome, None]:
    """The outcomes in the order in which they come, `at_once` rows at a time; closing it ends its calls."""
    waiting = iter(rows)
    running: set[asyncio.Task[Outcome]] = set()
    try:
        while True:
            while len(running) < at_once and (row := next(waiting, None)) is not None:
                running.add(asyncio.create_task(outcome(make, row)))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                yield one.result()
    finally:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def run_stage(
    outcomes: AsyncGenerator[Outcome, None], journal: Journal, left: int, console: Console
) -> None:
    """Write down every outcome as it comes.

    A request that is refused is that row's fault, and the row rejected, unless as many in a row are refused
    as would end the stage: then it is not.

    Raises:
        StageStopped: nobody answers, the endpoint refuses everything, the disk is full, or some rows are left
            to be made.
    """
    failed = in_a_row = 0
    refused: list[Outcome] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    async with aclosing(outcomes):
        with Progress(*columns, console=console) as bar:
            task = bar.add_task(journal.path.stem, total=left)
            try:
                async for one in outcomes:
                    in_a_row = in_a_row + 1 if one.failed else 0
                    bar.advance(task)
                    if isinstance(one.failed, Misconfigured) or in_a_row >= GIVE_UP:
                        rows = "1 row" if in_a_row == 1 else f"{in_a_row} rows in a row"
                        raise StageStopped(
                            f"{rows} failed: {one.failed} What was made is kept in "
                            f"{journal.path}: mend the endpoint, and start the same command again."
                        )
                    if isinstance(one.failed, Refused):
                        refused.append(one)
                        continue
                    failed += bool(one.failed)
                    _keep(journal, one)
                for one in refused:
                    _keep(journal, Outcome(one.id, rejected=Rejected("refused", str(one.failed))))
            finally:
                journal.close()
    if failed:
        raise StageStopped(f"{failed} rows failed. Start the same command again: only these are asked for.")


def _keep(journal: Journal, one: Outcome) -> None:
    try:
        if one.row is not None:
            journal.add(one.row)
        elif one.rejected:
            journal.reject(one.id, one.rejected.reason, one.rejected.seen)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        cure = "Make room, and start the same command again: what was written before is kept."
        raise StageStopped(f"{journal.path}: the disk is full. {cure}") from error


def report(journal: Journal, given: int) -> str:
    """One line: how many rows came in, how many went out, why the others did not, and what these lack."""
    if not given:
        return journal.path.stem
    rows = journal.rows()
    lacking = Counter(f"{part} ({why})" for row in rows for part, why in row.get("lacks", {}).items())
    lost = f"; rejected: {_counts(journal.reasons())}" if journal.reasons() else ""
    lacks = f"; without: {_counts(lacking)}" if lacking else ""
    return f"{journal.path.stem}: {len(rows)} of {given} ({len(rows) / given:.0%}){lost}{lacks}"


def _counts(found: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in found.most_common())
