"""CulturalBench: 45 countries, four options; Easy picks one, Hard judges each (arXiv 2410.02677)."""

from collections.abc import Iterator
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig

from evaluation.choice import TOP, ChoiceQuestion, choice_task
from evaluation.datasets import DataError, Record, pick, read_records
from evaluation.tasks.culturalbench.verdicts import (
    all_right,
    ask_each,
    likeliest_right,
    offered_first,
    verdicts,
)
from evaluation.variants import variants as ways_of

FILE = "culturalbench/culturalbench_easy.jsonl"
SOURCE = "huggingface.co/datasets/kellycyy/CulturalBench (CC BY 4.0), as README.md says"
NEEDS = ("id", "country", "question", "choices", "answer")


@task
def culturalbench_easy(
    data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1
) -> Task:
    """One letter of four."""
    return choice_task(_questions(data, limit, seed), ways=variants, seed=seed, name="culturalbench_easy")


@task
def culturalbench_hard(
    data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1
) -> Task:
    """True or False to each option, in four calls."""
    questions = _questions(data, limit, seed)
    samples = [sample for one in questions for sample in _samples(one, variants, seed)]
    return Task(
        dataset=MemoryDataset(samples, name="culturalbench_hard"),
        solver=ask_each(),
        scorer=[all_right(), verdicts(), likeliest_right()],
        config=GenerateConfig(temperature=0, seed=seed, max_tokens=32, logprobs=True, top_logprobs=TOP),
        name="culturalbench_hard",
        metadata={"headline": "all_right", "seed": seed},
    )


def _questions(data: str, limit: int | None, seed: int) -> list[ChoiceQuestion]:
    records = read_records(Path(data), FILE, needs=NEEDS, source=SOURCE)
    distinct = [one for one in records if len(set(one["choices"].values())) == len(one["choices"])]
    return [_question(record) for record in pick(distinct, limit, seed, by="country")]


def _question(record: Record) -> ChoiceQuestion:
    letters = sorted(record["choices"])
    if record["answer"] not in letters:
        raise DataError(f"{FILE}: the answer of {record['id']} is none of its options.")
    return ChoiceQuestion(
        id=record["id"],
        cluster=record["id"],
        text=record["question"],
        options=tuple(record["choices"][letter] for letter in letters),
        gold=letters.index(record["answer"]),
        culture=record["country"],
    )


def _samples(question: ChoiceQuestion, ways: int, seed: int) -> Iterator[Sample]:
    for variant in ways_of(question.id, ways, seed):
        yield Sample(
            id=f"{question.id}#{variant.order}.{variant.phrasing}",
            input=question.text,
            choices=list(question.options),
            target=question.options[question.gold],
            metadata={
                "question": question.id,
                "cluster": question.cluster,
                "culture": question.culture,
                "language": question.language,
                "order": variant.order,
                "phrasing": variant.phrasing,
                "gold": question.gold,
                "first": offered_first(question.id, variant.order, seed),
            },
        )
