"""Is the answer in the asker's language? 120 everyday questions of our own, ten each in twelve languages."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import TaskState

from evaluation.datasets import Record, pick
from evaluation.language import is_in, language_of
from evaluation.open import MAX_TOKENS, OpenQuestion, open_samples, open_task
from evaluation.variants import VARIANTS, Variant

BARE = Variant(order=0, phrasing=0)


@task
def answer_language(
    data: str = "data",
    limit: int | None = None,
    variants: int = 3,
    seed: int = 1,
    max_tokens: int = MAX_TOKENS,
) -> Task:
    """Every question once, as it stands: an instruction in English would change the language of the asker.

    `max_tokens` bounds an answer; its language shows in few. `data` is not used.

    Raises:
        ValueError: `variants` that no task has.
    """
    if variants not in VARIANTS:
        raise ValueError(f"variants must be one of {VARIANTS}, not {variants}")
    records = pick(list(load_questions()), limit, seed, by="language")
    samples = [sample for one in records for sample in open_samples(_question(one), [BARE])]
    made = open_task(samples, [in_language()], name="answer_language", headline="in_language", seed=seed)
    made.config.max_tokens = max_tokens
    return made


def load_questions() -> Iterator[Record]:
    """All 120, with ids (`de-3`) that count from 1."""
    languages = tomllib.loads(Path(__file__).with_name("questions.toml").read_text("utf-8"))
    for language, about in languages.items():
        for number, text in enumerate(about["questions"], 1):
            yield {"id": f"{language}-{number}", "language": language, "text": text}


@scorer(metrics=[mean()])
def in_language() -> Scorer:
    """1 where the answer, most of it, is in the language of its question; 0 where it is in another, or empty.

    `metadata["found"]`: the language that it is in, None where it has no letters.
    """

    async def score(state: TaskState, target: Target) -> Score:
        answer = state.output.completion
        right = bool(answer.strip()) and is_in(answer, state.metadata["language"])
        return Score(value=float(right), metadata={"found": language_of(answer)})

    return score


def _question(record: Record) -> OpenQuestion:
    return OpenQuestion(
        id=record["id"], text=record["text"], culture=record["language"], language=record["language"]
    )
