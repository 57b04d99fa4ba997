"""GSM8K: grade-school arithmetic in English: what steering must leave as it is (arXiv 2110.14168)."""

from decimal import Decimal
from pathlib import Path

from inspect_ai import Task, task

from evaluation.datasets import DataError, Record, pick, read_records
from evaluation.numbers import NumberProblem, number_task, numbers_in

FILE = "controls/gsm8k_test.jsonl"
SOURCE = "github.com/openai/grade-school-math (MIT), as README.md says"
NEEDS = ("id", "prompt", "answer")


@task
def gsm8k(data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1) -> Task:
    """A number at the end of a worked solution."""
    problems = gsm8k_problems(data, limit, seed)
    return number_task(problems, ways=variants, seed=seed, name="gsm8k")


def gsm8k_problems(data: str, limit: int | None, seed: int) -> list[NumberProblem]:
    """The problems that a limit and a seed choose."""
    records = read_records(Path(data), FILE, needs=NEEDS, source=SOURCE)
    # No field parts them: "lang" is one group.
    return [_problem(record) for record in pick(records, limit, seed, by="lang")]


def gold(record: Record, file: str) -> Decimal:
    """The number that is right.

    Raises:
        DataError: the answer is no number.
    """
    found = numbers_in(str(record["answer"]))
    if len(found) != 1 or found[0] is None:
        raise DataError(f"{file}: the answer of {record['id']} is no number.")
    return found[0]


def _problem(record: Record) -> NumberProblem:
    name = record["id"]
    return NumberProblem(id=name, cluster=name, text=record["prompt"], answer=gold(record, FILE))
