"""What a stage has made, on disk, one JSON object a line: what an interrupted run goes on from."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

Row = dict[str, Any]


class BadFile(Exception):
    """A file of rows that cannot be used: the message names the file, the line and the cure."""


def read_rows(path: Path, *, needs: tuple[str, ...] = ("id",)) -> list[Row]:
    """Every row of a file. A last line that was cut off when the machine went down is left out.

    Raises:
        BadFile: no such file, a line that is no JSON object, one without a field of `needs`, an id given
            twice.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}. Run the stage that writes it first.") from error
    rows = list(_parsed(path, text))
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        if missing := [name for name in needs if name not in row]:
            raise BadFile(f"{path}, line {number}: it lacks {', '.join(missing)}.")
        if row.get("id") in seen:
            raise BadFile(f"{path}, line {number}: the id {row['id']!r} is given twice.")
        seen.add(row.get("id", ""))
    return rows


def _parsed(path: Path, text: str) -> Iterator[Row]:
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            if number == len(lines):  # cut off: it has no end of line
                return
            raise BadFile(f"{path}, line {number}: no JSON ({error}). Mend or delete it.") from error
        if not isinstance(row, dict):
            raise BadFile(f"{path}, line {number}: no JSON object. Mend or delete it.")
        yield row


class Thrown(NamedTuple):
    """A row that was thrown away: why, and what there was to see."""

    id: str
    reason: str
    seen: str = ""


class Journal:
    """A stage's two files: NAME.jsonl, what it made, and NAME.rejected.jsonl, what it threw away, and why."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.jsonl"
        self.rejected_path = folder / f"{name}.rejected.jsonl"
        self._open: dict[Path, TextIO] = {}

    def rows(self) -> list[Row]:
        """What was made so far."""
        return read_rows(self.path) if self.path.exists() else []

    def rejected(self) -> list[Row]:
        """What was thrown away: `id`, `reason`, and what there was to see of it."""
        return read_rows(self.rejected_path) if self.rejected_path.exists() else []

    def done(self) -> set[str]:
        """The ids that need no second look."""
        return {row["id"] for row in [*self.rows(), *self.rejected()]}

    def reasons(self) -> Counter[str]:
        """How often what was thrown away for which reason."""
        return Counter(row["reason"] for row in self.rejected())

    def add(self, row: Row) -> None:
        """Keep a row; it is in the file when this returns."""
        self._write(self.path, row)

    def reject(self, id_: str, reason: str, seen: str = "") -> None:
        """Throw one away, and say why."""
        self._write(self.rejected_path, _rejected(id_, reason, seen))

    def replace(self, rows: Iterable[Row], thrown: Iterable[Thrown] = ()) -> None:
        """Both files anew: they appear whole, the rows last, or stay as they were."""
        self.close()
        rejected = [_rejected(*one) for one in thrown]
        for path, told in ((self.rejected_path, rejected), (self.path, list(rows))):
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.partial")
            partial.write_text("".join(_line(row) for row in told), "utf-8")
            partial.replace(path)

    def close(self) -> None:
        """No more will come."""
        for file in self._open.values():
            file.close()
        self._open.clear()

    def _write(self, path: Path, row: Row) -> None:
        file = self._open.get(path)
        if file is None:
            file = self._open[path] = _appended(path)
        file.write(_line(row))
        file.flush()


def _rejected(id_: str, reason: str, seen: str) -> Row:
    return {"id": id_, "reason": reason, "seen": seen[:2000]}


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _appended(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = path.read_bytes() if path.exists() else b""
    if content and not content.endswith(b"\n"):  # the rest of a line that was never finished
        with path.open("r+b") as cut:
            cut.truncate(content.rfind(b"\n") + 1)
    return path.open("a", encoding="utf-8")
