"""Open questions: how they are put, and what every answer to one is scored by."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Score, Scorer
from inspect_ai.solver import generate

from evaluation.variants import Variant, phrase

MAX_TOKENS = 512
UNSCORED = math.nan
"""The value of a score that does not apply."""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question without one right answer. `reference`: what a human answered, where someone did."""

    id: str
    text: str
    reference: str = ""
    culture: str | None = None
    language: str = "en"
    about: Mapping[str, Any] = field(default_factory=dict)


def open_task(
    samples: Iterable[Sample],
    scorers: list[Scorer],
    *,
    name: str,
    headline: str,
    seed: int,
    needs_judge: bool = False,
) -> Task:
    """The task of answering these in up to 512 tokens. `needs_judge`: it cannot be run without one."""
    return Task(
        dataset=MemoryDataset(list(samples), name=name),
        solver=generate(),
        scorer=scorers,
        config=GenerateConfig(temperature=0, seed=seed, max_tokens=MAX_TOKENS),
        name=name,
        metadata={"headline": headline, "seed": seed, "needs_judge": needs_judge},
    )


def open_samples(question: OpenQuestion, ways: Iterable[Variant]) -> Iterator[Sample]:
    """The question in these wordings; in the first it stands alone."""
    for way in ways:
        yield Sample(
            id=f"{question.id}#{way.order}.{way.phrasing}",
            input=phrase("open", way.phrasing, question=question.text).strip(),
            target=question.reference,
            metadata={
                "question": question.id,
                "cluster": question.id,
                "culture": question.culture,
                "language": question.language,
                "order": way.order,
                "phrasing": way.phrasing,
                "text": question.text,
                **question.about,
            },
        )


def unscored(**metadata: Any) -> Score:
    """A score that does not apply, and what there is to say about it."""
    return Score(value=UNSCORED, metadata=metadata)
