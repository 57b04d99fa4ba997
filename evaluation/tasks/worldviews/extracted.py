"""A second opinion on an answer's references: a model extracts them, as WorldView-Bench does (2505.09595)."""

import math
from collections.abc import Iterable, Iterator
from typing import Literal

from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import TaskState
from pydantic import BaseModel

from agents.pds import Reference
from evaluation.judge import judge
from evaluation.tasks.worldviews.measures import counts_of, measures, score_of, sectors

WHOLES = frozenset({"territory", "people", "language", "area"})
"""Kinds that name a culture as such; the others a reader could check, as in `agents.pds`."""

MAX_TOKENS = 2048
"""For about forty references: an answer of 512 tokens seldom has more."""


class Named(BaseModel):
    """One reference, as the extractor gives it."""

    text: str
    culture: str
    sector: str
    kind: Literal[
        "territory",
        "people",
        "language",
        "area",
        "city",
        "practice",
        "text",
        "person",
        "festival",
        "dish",
        "place",
        "institution",
        "idea",
    ]


class Extraction(BaseModel):
    """All that the extractor found."""

    references: list[Named]


@scorer(metrics={"*": [mean()]})
def extracted() -> Scorer:
    """The entropy and its companions over what a model extracts; NaN where it cannot be read (`unparsed`).

    `metadata`: `counts` as `entropy` has them, `judge`, and `invented`: how many that it gave do not stand in
    the answer word for word, or are in no sector of ours. These do not count.
    """

    async def score(state: TaskState, target: Target) -> Score:
        answer = state.output.completion
        found = await judge(Extraction, "extract_references", max_tokens=MAX_TOKENS, text=answer)
        if found is None or found.said is None:
            about = {"judge": found.judge, "unparsed": True} if found else {}
            return Score(value=dict.fromkeys(measures(score_of(()), answer), math.nan), metadata=about)
        kept = tuple(locate(found.said.references, answer))
        about = {
            "judge": found.judge,
            "unparsed": False,
            "counts": counts_of(kept),
            "invented": len(found.said.references) - len(kept),
        }
        return Score(value=measures(score_of(kept), answer), metadata=about)

    return score


def locate(named: Iterable[Named], answer: str) -> Iterator[Reference]:
    """Those that stand in the answer, each at its own place: what is listed twice must be there twice."""
    after: dict[str, int] = {}
    for one in named:
        start = answer.find(one.text, after.get(one.text, 0)) if one.text.strip() else -1
        if start < 0 or one.sector not in sectors():
            continue
        end = after[one.text] = start + len(one.text)
        yield Reference(one.text, start, end, one.culture, one.sector, one.kind, one.kind not in WHOLES)
