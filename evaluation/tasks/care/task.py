"""CARE: open questions of Arabic, Chinese and Japanese life, with a human's answer (arXiv 2504.05154)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import TaskState
from pydantic import BaseModel, Field

from evaluation import similarity as near
from evaluation.datasets import Record, pick, read_records
from evaluation.judge import judge
from evaluation.language import is_in
from evaluation.open import OpenQuestion, open_samples, open_task, unscored
from evaluation.variants import VARIANTS, Variant

FILE = "care/care_test.jsonl"
SOURCE = "github.com/Guochry/CARE (MIT)"
NEEDS = ("id", "lang", "question", "answer", "associated_culture")
BARE = Variant(order=0, phrasing=0)


class Verdict(BaseModel):
    """A judge's grade of an answer, beside the human's: 1 (wrong or beside the point) to 5 (as good)."""

    rating: int = Field(ge=1, le=5)
    reason: str = ""


@task
def care(data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1) -> Task:
    """Every question once, as it stands: an instruction in English would change the language of the asker.

    Raises:
        ValueError: `variants` that no task has.
    """
    if variants not in VARIANTS:
        raise ValueError(f"variants must be one of {VARIANTS}, not {variants}")
    records = read_records(Path(data), FILE, needs=NEEDS, source=SOURCE)
    asked = [_question(one) for one in pick(records, limit, seed, by="lang")]
    samples = [sample for one in asked for sample in open_samples(one, [BARE])]
    answers = defaultdict(list)
    for one in records:
        answers[one["lang"]].append(one["answer"])
    scorers = [similarity(), lift(answers), judged(), language()]
    return open_task(samples, scorers, name="care", headline="similarity", seed=seed)


def _question(record: Record) -> OpenQuestion:
    return OpenQuestion(
        id=record["id"],
        text=record["question"].strip().strip('"'),
        reference=record["answer"],
        culture=record["associated_culture"],
        language=record["lang"],
        about={"type": record.get("culture_type")},
    )


@scorer(metrics=[mean()])
def similarity() -> Scorer:
    """The cosine of the answer and the human's. Compare arms by it, never languages: see `lift`."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=await near.in_thread(near.similarity, state.output.completion, target.text))

    return score


@scorer(metrics=[mean()])
def lift(answers: Mapping[str, Sequence[str]]) -> Scorer:
    """By how much the answer is nearer to the human's than to those that humans gave to other questions.

    `answers`: all human answers by language; the others are those of the question's language.
    """

    async def score(state: TaskState, target: Target) -> Score:
        said = state.output.completion
        others = [one for one in answers[state.metadata["language"]] if one != target.text]
        return Score(value=await near.in_thread(near.lift, said, target.text, others))

    return score


@scorer(metrics=[mean()])
def judged() -> Scorer:
    """A judge's grade, 0 to 1; NaN without a judge, and where what it said cannot be read (`unparsed`)."""

    async def score(state: TaskState, target: Target) -> Score:
        words = {"question": state.metadata["text"], "reference": target.text}
        found = await judge(Verdict, "judge_care", answer=state.output.completion, **words)
        if found is None:
            return unscored()
        about = {"judge": found.judge, "unparsed": found.said is None}
        return Score(value=(found.said.rating - 1) / 4, metadata=about) if found.said else unscored(**about)

    return score


@scorer(metrics=[mean()])
def language() -> Scorer:
    """1 where the answer is in the asker's language."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=float(is_in(state.output.completion, state.metadata["language"])))

    return score
