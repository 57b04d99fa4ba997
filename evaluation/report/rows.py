"""One scored answer, and the two places it lives in: Inspect's logs and `scores.jsonl`.

A row says who answered which question in which variant, how it scored and what it cost. It holds no text of
a question or an answer, so that `scores.jsonl` may be shown where a licence forbids to show the data.
"""

import json
import math
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.scorer import CORRECT, INCORRECT, NOANSWER, PARTIAL, Score
from pydantic import TypeAdapter, ValidationError

_VERDICTS = {CORRECT: 1.0, PARTIAL: 0.5, INCORRECT: 0.0, NOANSWER: 0.0}
_RAISED = re.compile(r"^(?:[a-z_]\w*\.)*([A-Z]\w*)(?::|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """What one contender made of one sample.

    `arm` is the name it was kept under: its arm's, or the one that `--as` gave it, so that two of one arm can
    stand side by side. `sample` is Inspect's id (`QUESTION#ORDER.PHRASING`; a repeated epoch adds `@EPOCH`),
    `cluster` the unit that is resampled. A score is None where it does not apply, and everywhere when
    `error`, the class of what was raised, is set. Tokens are counted over all `calls` of the answer;
    `seconds` are wall time. `letters`: of multiple choice the probability of each letter, in the order in
    which it was offered, and `right` the place of the right one. What is not known is None.
    """

    task: str
    arm: str
    sample: str
    question: str
    cluster: str
    culture: str | None
    language: str | None
    order: int | None
    phrasing: int | None
    scores: Mapping[str, float | None]
    unparsed: bool = False
    calls: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float | None = None
    error: str | None = None
    letters: tuple[float, ...] | None = None
    right: int | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What at most one row of a set has: task, arm, sample."""
        return self.task, self.arm, self.sample

    @property
    def tokens(self) -> int | None:
        """Prompt and completion together, or None where either is unknown."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return self.prompt_tokens + self.completion_tokens


_ROW = TypeAdapter(Row)


def task_of(log: EvalLog) -> str:
    """The task's name without the package it is registered in."""
    return log.eval.task.rpartition("/")[2]


def arm_of(log: EvalLog) -> str:
    """The name by the run's own word, else that of the model that Inspect asked (`arm/NAME`)."""
    return str(told(log, "as") or told(log, "arm") or log.eval.model.rpartition("/")[2])


def told(log: EvalLog, name: str) -> Any:
    """What the run says of itself under `name`, in its metadata or its task's arguments; else None."""
    for place in (log.eval.metadata, log.eval.task_args):
        if place and place.get(name) is not None:
            return place[name]
    return None


def rows_of(log: EvalLog) -> Iterator[Row]:
    """Every sample of a log as a row, failed ones too; samples must have been read with it."""
    samples = log.samples or []
    names = sorted({name for sample in samples for name in _scores(sample)})
    for sample in samples:
        yield _row(task_of(log), arm_of(log), sample, names)


def _row(task: str, arm: str, sample: EvalSample, names: list[str]) -> Row:
    about, judged, spent = sample.metadata, sample.scores or {}, sample.store.get("spent") or {}
    identity = str(sample.id) if sample.epoch == 1 else f"{sample.id}@{sample.epoch}"
    question = str(about.get("question", str(sample.id).partition("#")[0]))
    scores = {} if sample.error else _scores(sample)
    letters = None if sample.error else _letters(sample)
    return Row(
        task=task,
        arm=arm,
        sample=identity,
        question=question,
        cluster=str(about.get("cluster", question)),
        culture=about.get("culture"),
        language=about.get("language"),
        order=about.get("order"),
        phrasing=about.get("phrasing"),
        scores={name: scores.get(name) for name in names},
        unparsed=any((score.metadata or {}).get("unparsed", False) for score in judged.values()),
        calls=spent.get("calls"),
        prompt_tokens=spent.get("prompt_tokens"),
        completion_tokens=spent.get("completion_tokens"),
        seconds=spent.get("seconds"),
        error=_raised(sample) if sample.error else None,
        letters=letters,
        right=string.ascii_uppercase.index(str(sample.target)) if letters else None,
    )


def _letters(sample: EvalSample) -> tuple[float, ...] | None:
    """`evaluation.choice.likelihood` keeps them in the options' own order; they were offered in another."""
    told = ((sample.scores or {}).get("likelihood") or Score(value=0)).metadata or {}
    shares, order = told.get("options"), sample.metadata.get("options")
    return tuple(round(float(shares[place]), 5) for place in order) if shares and order else None


def _scores(sample: EvalSample) -> dict[str, float | None]:
    """By scorer; one that gives several values gives several names, `SCORER.VALUE`, as Inspect writes it."""
    found: dict[str, float | None] = {}
    for name, score in (sample.scores or {}).items():
        if isinstance(score.value, dict):
            found.update({f"{name}.{key}": _number(value) for key, value in score.value.items()})
        else:
            found[name] = _number(score.value)
    return found


def _number(value: Any) -> float | None:
    """A verdict of Inspect ("C" is 1) or a number; None for what is missing, not finite, or neither."""
    if isinstance(value, str):
        return _VERDICTS.get(value)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _raised(sample: EvalSample) -> str:
    """The class alone: the message of an error may quote what was asked."""
    error = sample.error
    if error is None:
        return ""
    last = error.traceback.rpartition("Traceback (most recent call last)")[2]
    named = re.match(r"(?:\w+\.)*([A-Za-z_]\w*)\(", error.message) or _RAISED.search(last)
    return named.group(1) if named else "Error"


def newest(batches: Iterable[Iterable[Row]]) -> list[Row]:
    """Batches, oldest first, as one set: of a sample's rows the newest that did not fail, else the newest.

    So a run that was resumed, or repeated after a failure, counts once.
    """
    kept: dict[tuple[str, str, str], Row] = {}
    for batch in batches:
        for row in batch:
            known = kept.get(row.key)
            if known is None or row.error is None or known.error is not None:
                kept[row.key] = row
    return sorted(kept.values(), key=lambda row: row.key)


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """`scores.jsonl`: a row a line, sorted, so that the same scores are the same file."""
    lines = [
        json.dumps(asdict(row), ensure_ascii=False, allow_nan=False)
        for row in sorted(rows, key=lambda row: row.key)
    ]
    path.write_text("".join(line + "\n" for line in lines), "utf-8")


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a `scores.jsonl`.

    Raises:
        ValueError: a line is no row; names the file, the line and what is wrong there.
    """
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        try:
            if line.strip():
                yield _ROW.validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "line"
            raise ValueError(f"{path}, line {number}: {where}: {first['msg']}") from error
