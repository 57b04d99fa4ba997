"""The questions that a model is profiled with: JSON lines, checked before anything is asked.

    {"id": "q1", "question": "What is eaten at …?", "options": ["…", "…"], "answer": 0,
     "group": "template-7", "culture": "KE", "language": "en"}

`answer` is the place of the right option, counted from 0. `group` (default: the id) names questions that are
alike: they are resampled together and never parted. `culture`: whom it asks about, where it asks about one.
"""

import hashlib
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.errors import PolylectError

LETTERS = "ABCDEFGHIJ"
_KEYS = {"id", "question", "options", "answer", "group", "culture", "language"}


class BadQuestions(PolylectError):
    """A file of questions that cannot be used: the message names the file, the line and the field."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """One question with one right option: `options[answer]`."""

    id: str
    text: str
    options: tuple[str, ...]
    answer: int
    group: str
    culture: str | None = None
    language: str = "en"

    def order(self, seed: int) -> tuple[int, ...]:
        """The places of the options as they are shown: shuffled, the same in every language."""
        places = list(range(len(self.options)))
        random.Random(f"{seed}\0{self.id}").shuffle(places)  # noqa: S311  # an order, no secret
        return tuple(places)


def read_questions(path: Path) -> list[Calibration]:
    """All questions of a file, in its order.

    Raises:
        BadQuestions: the file cannot be read, is empty, or has a line that is no question.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise BadQuestions(f"{path}: it cannot be read: {error.strerror}. Check the path.") from error
    except UnicodeDecodeError as error:
        raise BadQuestions(f"{path}: not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    found = list(_read(path, text.split("\n")))  # U+2028 in a text ends no line
    if not found:
        raise BadQuestions(f"{path}: it holds no question. Write one JSON object a line.")
    return found


def digest(questions: Iterable[Calibration]) -> str:
    """A hash of what is asked, in any order of the lines."""
    told = sorted(
        json.dumps([one.id, one.text, one.options, one.answer, one.group, one.culture], ensure_ascii=False)
        for one in questions
    )
    return hashlib.blake2b("\n".join(told).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _read(path: Path, lines: Iterable[str]) -> Iterator[Calibration]:
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        question = _question(where, line)
        if question.id in seen:
            raise BadQuestions(
                f"{where}: the id {question.id!r} was used in line {seen[question.id]}. Rename one."
            )
        seen[question.id] = number
        yield question


def _question(where: str, line: str) -> Calibration:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise BadQuestions(f"{where}: not JSON ({error}). Write one object a line.") from error
    if not isinstance(row, dict):
        raise BadQuestions(f"{where}: expected an object with id, question, options and answer.")
    for key in ("id", "question"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise BadQuestions(f"{where}: {key} must be a text that is not empty.")
    options = row.get("options")
    if (
        not isinstance(options, list)
        or not 2 <= len(options) <= len(LETTERS)
        or not all(map(_is_text, options))
    ):
        raise BadQuestions(f"{where}: options must be a list of 2 to {len(LETTERS)} texts.")
    answer = row.get("answer")
    if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer < len(options):
        said = "is missing" if answer is None else f"is {answer!r}"
        raise BadQuestions(f"{where}: answer {said}. Give the right option's place, 0 to {len(options) - 1}.")
    for key in ("group", "culture", "language"):
        if row.get(key) is not None and not _is_text(row[key]):
            raise BadQuestions(f"{where}: {key} must be a text that is not empty, or be left out.")
    if unknown := sorted(row.keys() - _KEYS):
        raise BadQuestions(f"{where}: unknown field {unknown[0]!r}. Known: {', '.join(sorted(_KEYS))}.")
    return Calibration(
        row["id"],
        row["question"],
        tuple(options),
        answer,
        row.get("group") or row["id"],
        row.get("culture"),
        row.get("language") or "en",
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
