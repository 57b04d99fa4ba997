"""What a bench has measured, on disk, one row a line: what an interrupted run goes on from.

The first line says what was measured with what. Rows of another model, other words or another seed are
refused: they are not one measurement.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]

_FIRST = "measured"


class BadRows(Exception):
    """A file that cannot be gone on with: the message names it, what differs, and the cure."""


class RowLog:
    """Append-only. A line that was cut off when the machine went down is dropped, and asked again.

    `told`: what is measured with what, in JSON's types; `option`: the one that names another place.
    """

    def __init__(self, path: Path, told: Mapping[str, Any], *, option: str) -> None:
        self.path = path
        self._told = dict(told)
        self._elsewhere = f"Name another {option}, or move it away."
        self._begun = False

    def read(self) -> list[Row]:
        """Every row, in order; none where there is no file yet.

        Raises:
            BadRows: it belongs to another measurement, does not say to which, or has a line that is no row.
        """
        text = self.path.read_text("utf-8") if self.path.exists() else ""
        if not text:
            return []
        first, *lines = text.split("\n")
        self._check(first)
        return list(self._rows(lines[:-1]))  # behind the last end of a line is nothing, or what was cut off

    def add(self, row: Row) -> None:
        """Write one down; it is in the file when this returns.

        Raises:
            BadRows: as of `read`, where nothing was read before.
        """
        if not self._begun:
            self._begin()
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _begin(self) -> None:
        self.read()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = self.path.read_bytes() if self.path.exists() else b""
        kept = content[: content.rfind(b"\n") + 1] or f"{self._first()}\n".encode()
        if kept != content:
            self.path.write_bytes(kept)
        self._begun = True

    def _first(self) -> str:
        return json.dumps({_FIRST: self._told}, ensure_ascii=False)

    def _check(self, line: str) -> None:
        try:
            told = json.loads(line)[_FIRST]
        except (ValueError, TypeError, KeyError):
            told = None
        if not isinstance(told, dict):
            raise BadRows(
                f"{self.path}: its first line does not say what was measured. {self._elsewhere} If you know "
                f"that it is of this very measurement, put this line before all others: {self._first()}"
            )
        for name, value in self._told.items():
            if told.get(name) != value:
                found = f"{name} {told.get(name)!r}, and now it is {value!r}"
                raise BadRows(f"{self.path}: it was measured with {found}. {self._elsewhere}")

    def _rows(self, lines: list[str]) -> Iterator[Row]:
        for number, line in enumerate(lines, 2):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise BadRows(f"{self.path}, line {number}: no JSON ({error}). Delete this line.") from error
            if not isinstance(row, dict):
                raise BadRows(f"{self.path}, line {number}: no row. Delete this line.")
            yield row
