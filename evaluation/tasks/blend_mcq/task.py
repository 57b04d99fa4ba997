"""BLEnD, multiple choice: everyday knowledge of sixteen regions (arXiv 2406.09948)."""

from pathlib import Path

from inspect_ai import Task, task

from evaluation.choice import ChoiceQuestion, choice_task
from evaluation.datasets import Record, pick, read_records

FILE = "blend_mcq/blend_mcq_derived_16regions.jsonl"
SOURCE = "github.com/nlee0212/BLEnD (short answers, CC BY-SA 4.0), derived as README.md says"
NEEDS = (
    "id",
    "template_id",
    "country",
    "question_en",
    "question_local",
    "locale",
    "choices",
    "answer",
    "strict",
)


@task
def blend_mcq(
    data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1, local: bool = False
) -> Task:
    """`local`: asked in the region's language (the options stay English); only rows with a clear majority."""
    records = [one for one in read_records(Path(data), FILE, needs=NEEDS, source=SOURCE) if one["strict"]]
    questions = (_question(one, local) for one in pick(records, limit, seed, by="country"))
    return choice_task(questions, ways=variants, seed=seed, name="blend_mcq_local" if local else "blend_mcq")


def _question(record: Record, local: bool) -> ChoiceQuestion:
    letters = sorted(record["choices"])
    return ChoiceQuestion(
        id=record["id"],
        cluster=record["template_id"],
        text=record["question_local" if local else "question_en"],
        options=tuple(record["choices"][letter] for letter in letters),
        gold=letters.index(record["answer"]),
        culture=record["country"],
        language=record["locale"] if local else "en",
    )
