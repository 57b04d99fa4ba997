"""The trials that were made, on disk, one a line: what an interrupted profile goes on from.

The first line says what was asked of whom. A log of another model, other questions or other words is refused:
answers of two are not one measurement.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from agents.errors import PolylectError
from agents.profile.trial import Trial


class BadLog(PolylectError):
    """A log that cannot be gone on with: the message names the file, what differs, and the cure."""


class TrialLog:
    """Append-only. A line that was cut off when the machine went down is dropped, and asked again.

    `told`: what was measured with what, the first line. Languages may come later: they are not part of it.
    """

    def __init__(self, path: Path, told: Mapping[str, Any]) -> None:
        self.path = path
        self._told = dict(told)
        self._file: TextIO | None = None

    def read(self) -> dict[tuple[str, str], Trial]:
        """Every trial of it by question and language; none where there is no log yet.

        Raises:
            BadLog: it belongs to another measurement, or is no log.
        """
        if not self.path.exists():
            return {}
        text = self.path.read_text("utf-8")
        if not text:
            return {}
        first, *lines = text.split("\n")  # no other mark ends a line: U+2028 in a thought is a part of it
        self._is_ours(first)
        # behind the last end of a line is nothing, or what was cut off
        return {(one.question, one.language): one for one in self._trials(lines[:-1])}

    def add(self, trial: Trial) -> None:
        """Write one down; it is in the file when this returns."""
        if self._file is None:
            self._file = self._open()
        self._file.write(json.dumps(asdict(trial), ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """No more will come."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> TextIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = self.path.read_bytes() if self.path.exists() else b""
        if content and not content.endswith(b"\n"):  # the rest of a line that was never finished
            with self.path.open("r+b") as cut:
                cut.truncate(content.rfind(b"\n") + 1)
            content = content[: content.rfind(b"\n") + 1]
        file = self.path.open("a", encoding="utf-8")
        if not content:
            file.write(json.dumps(self._told, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return file

    def _is_ours(self, line: str) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise BadLog(f"{self.path}: it is no log of trials. Name another file, or move this one away.")
        for key, value in self._told.items():
            if told.get(key) != value:
                found = f"{key} {told.get(key)!r}, and now it is {value!r}"
                raise BadLog(f"{self.path}: it was made with {found}. Name another --out, or move it away.")

    def _trials(self, lines: list[str]) -> Iterator[Trial]:
        for number, line in enumerate(lines, 2):
            try:
                yield Trial(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise BadLog(f"{self.path}, line {number}: no trial ({error}). Delete this line.") from error
