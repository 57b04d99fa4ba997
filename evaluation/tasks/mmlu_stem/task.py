"""MMLU, its fifteen STEM subjects: what steering must leave as it is (arXiv 2009.03300)."""

from pathlib import Path

from inspect_ai import Task, task

from evaluation.choice import LETTERS, ChoiceQuestion, choice_task
from evaluation.datasets import DataError, Record, pick, read_records

FILE = "controls/mmlu_stem_subset.jsonl"
SOURCE = "github.com/hendrycks/test (MIT), a subset as README.md says"
NEEDS = ("id", "subject", "prompt", "choices", "answer")


@task
def mmlu_stem(data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1) -> Task:
    """One letter of four; a limit is spread over the subjects."""
    records = read_records(Path(data), FILE, needs=NEEDS, source=SOURCE)
    questions = (_question(record) for record in pick(records, limit, seed, by="subject"))
    return choice_task(questions, ways=variants, seed=seed, name="mmlu_stem")


def _question(record: Record) -> ChoiceQuestion:
    letters = LETTERS[: len(record["choices"])]
    if record["answer"] not in tuple(letters):
        raise DataError(f"{FILE}: the answer of {record['id']} is none of its options.")
    return ChoiceQuestion(
        id=record["id"],
        cluster=record["id"],
        text=record["prompt"],
        options=tuple(record["choices"]),
        gold=letters.index(record["answer"]),
    )
