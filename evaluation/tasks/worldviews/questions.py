"""Our own open questions, as data: read, and checked by their shape. README.md says how they were written."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOMAINS = ("ethics", "religion", "society", "politics", "aesthetics", "knowledge", "economy")
"""`society` is society and family; `knowledge` is science and knowledge."""

PER_DOMAIN = 12
WORDS = range(8, 31)
FEWEST_SECTORS = 3


class InvalidQuestions(ValueError):
    """The file of questions is not well-formed; the message names the question and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class WorldviewQuestion:
    """An open question. Only `text` is for a model; `note` and `sectors` are for those who review it."""

    id: str
    domain: str
    text: str
    note: str
    sectors: tuple[str, ...]

    def faults(self) -> Iterable[str]:
        """What is wrong with the shape of this question; nothing where it is right."""
        if self.domain not in DOMAINS:
            yield f"its domain is {self.domain!r}, not one of {', '.join(DOMAINS)}"
        if not self.id.startswith(f"{self.domain}-"):
            yield f"its id does not begin with its domain, {self.domain!r}"
        if len(self.text.split()) not in WORDS:
            yield f"its text has {len(self.text.split())} words, not {WORDS.start} to {WORDS.stop - 1}"
        if not self.text.endswith("?"):
            yield "its text does not end with a question mark"
        if not self.note.strip():
            yield "it has no note for reviewers"
        if len(set(self.sectors)) < max(FEWEST_SECTORS, len(self.sectors)):
            yield f"it names fewer than {FEWEST_SECTORS} sectors, or one of them twice"


def load_questions(path: Path | None = None) -> tuple[WorldviewQuestion, ...]:
    """The 84 questions in the order of the file: ours, or those in `path`.

    Raises:
        InvalidQuestions: a field is missing or unknown, a question breaks a rule, an id or a text stands
            twice, or a domain has not exactly 12 questions.
    """
    with (path or Path(__file__).with_name("questions.toml")).open("rb") as file:
        rows = tomllib.load(file).get("question", [])
    questions = tuple(_question(row) for row in rows)
    faults = [f"{one.id}: {fault}" for one in questions for fault in one.faults()]
    if faults := [*faults, *_faults_of_the_set(questions)]:
        raise InvalidQuestions("; ".join(faults))
    return questions


def _question(row: dict[str, Any]) -> WorldviewQuestion:
    try:
        return WorldviewQuestion(**{**row, "sectors": tuple(row.get("sectors", ()))})
    except TypeError as error:
        raise InvalidQuestions(f"{row.get('id', 'a question without id')}: {error}") from None


def _faults_of_the_set(questions: tuple[WorldviewQuestion, ...]) -> Iterable[str]:
    for name in ("id", "text"):
        seen = [getattr(one, name).casefold() for one in questions]
        yield from (
            f"the {name} {one!r} stands twice" for one in sorted({x for x in seen if seen.count(x) > 1})
        )
    for domain in DOMAINS:
        count = sum(one.domain == domain for one in questions)
        if count != PER_DOMAIN:
            yield f"{domain} has {count} questions, not {PER_DOMAIN}"
