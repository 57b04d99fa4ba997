"""BLEnD, short answers: everyday knowledge of sixteen regions in a few words (arXiv 2406.09948)."""

from collections.abc import Callable, Iterator
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import TaskState, generate

from evaluation.datasets import DataError, Record, pick, read_records
from evaluation.tasks.blend_saq.matching import Answer, answers_of, best_match, everything, first_named
from evaluation.variants import phrase, wordings

FILE = "blend_saq/blend_saq.jsonl"
SOURCE = "github.com/nlee0212/BLEnD (CC BY-SA 4.0), joined as README.md says"
NEEDS = (
    "id",
    "template_id",
    "country",
    "locale",
    "question_en",
    "question_local",
    "answers_en",
    "answers_local",
    "usable",
)


@task
def blend_saq(
    data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1, local: bool = False
) -> Task:
    """`local`: question and answers in the region's language. Only rows that the paper's own filter keeps."""
    records = [one for one in read_records(Path(data), FILE, needs=NEEDS, source=SOURCE) if one["usable"]]
    drawn = pick(records, limit, seed, by="country")
    samples = [sample for record in drawn for sample in _samples(record, local, variants, seed)]
    name = "blend_saq_local" if local else "blend_saq"
    return Task(
        dataset=MemoryDataset(samples, name=name),
        solver=generate(),
        scorer=[matched(), agreed(), mentioned()],
        config=GenerateConfig(temperature=0, seed=seed, max_tokens=64),
        name=name,
        metadata={"headline": "matched", "seed": seed},
    )


def _samples(record: Record, local: bool, ways: int, seed: int) -> Iterator[Sample]:
    kind, suffix = ("short_local", "local") if local else ("short", "en")
    rows = record[f"answers_{suffix}"]
    _check(record["id"], rows)
    question = record[f"question_{suffix}"]
    for variant in wordings(record["id"], ways, seed):
        yield Sample(
            id=f"{record['id']}#{variant.order}.{variant.phrasing}",
            input=phrase(kind, variant.phrasing, question=question).strip(),
            target=[variant for row in rows for variant in row["variants"]],
            metadata={
                "question": record["id"],
                "cluster": record["template_id"],
                "culture": record["country"],
                "language": record["locale"] if local else "en",
                "order": variant.order,
                "phrasing": variant.phrasing,
                # A region that is named again names nothing new.
                "asked": f"{question} {record['country']}",
                "answers": rows,
            },
        )


def _check(name: str, rows: list[dict[str, object]]) -> None:
    try:
        answered = list(answers_of(rows))
    except (TypeError, KeyError, ValueError) as error:
        raise DataError(f"{FILE}: the answers of {name} cannot be read: {error}.") from error
    if not answered:
        raise DataError(f"{FILE}: {name} is usable and has no answers.")


@scorer(metrics=[mean()])
def matched() -> Scorer:
    """1 where the first thing that the reply names is an annotated answer."""

    async def score(state: TaskState, target: Target) -> Score:
        return _scored(state, lambda answer, top: 1.0)

    return score


@scorer(metrics=[mean()])
def agreed() -> Scorer:
    """The votes for the answer that `matched` found, as a share of the votes for the usual one."""

    async def score(state: TaskState, target: Target) -> Score:
        return _scored(state, lambda answer, top: answer.count / top)

    return score


@scorer(metrics=[mean()])
def mentioned() -> Scorer:
    """1 where an annotated answer stands anywhere in the reply: what listing everything would gain."""

    async def score(state: TaskState, target: Target) -> Score:
        language = state.metadata["language"]
        said = everything(state.output.completion, language)
        answer = best_match(said, list(answers_of(state.metadata["answers"])), language)
        return Score(value=float(answer is not None), answer=answer.variants[0] if answer else None)

    return score


def _scored(state: TaskState, worth: Callable[[Answer, int], float]) -> Score:
    language = state.metadata["language"]
    answers = list(answers_of(state.metadata["answers"]))
    said = first_named(state.output.completion, state.metadata["asked"], language)
    answer = best_match(said, answers, language)
    value = worth(answer, max(one.count for one in answers)) if answer else 0.0
    found = answer.variants[0] if answer else None
    return Score(value=value, answer=found, metadata={"unparsed": not said.words})
