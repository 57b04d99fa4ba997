"""MGSM: the same arithmetic in eleven languages: a language is no culture (arXiv 2210.03057)."""

from pathlib import Path

from inspect_ai import Task, task

from evaluation.datasets import DataError, Record, pick, read_records
from evaluation.numbers import NumberProblem, number_task
from evaluation.tasks.gsm8k.task import gold

FILE = "controls/mgsm_11lang.jsonl"
SOURCE = "github.com/google-research/url-nlp (CC BY 4.0), as README.md says"
NEEDS = ("id", "lang", "prompt", "answer")


@task
def mgsm(
    data: str = "data",
    limit: int | None = None,
    variants: int = 3,
    seed: int = 1,
    language: str | None = None,
) -> Task:
    """`language`: only problems in this one; a limit is else spread over all eleven."""
    records = read_records(Path(data), FILE, needs=NEEDS, source=SOURCE)
    asked = [one for one in records if language in {None, one["lang"]}]
    if not asked:
        known = ", ".join(sorted({one["lang"] for one in records}))
        raise DataError(f"{FILE} has no problem in {language!r}. There are {known}.")
    problems = (_problem(record) for record in pick(asked, limit, seed, by="lang"))
    return number_task(problems, ways=variants, seed=seed, name="mgsm")


def _problem(record: Record) -> NumberProblem:
    # One problem in eleven languages is resampled as one.
    problem = str(record["id"]).rsplit("-", 1)[-1]
    return NumberProblem(
        id=record["id"],
        cluster=f"mgsm-{problem}",
        text=record["prompt"],
        answer=gold(record, FILE),
        language=record["lang"],
    )
