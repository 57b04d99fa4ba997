"""What is measured of the references in an answer. The score itself is that of `agents.pds`."""

import math
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache

from agents.pds import Reference, Score, Scorer, companions, distribution, open_scorer

MEASURES = ("sectors_named", "references", "specifics_share", "specifics_per_100_words", "words")
"""The companions of the entropy, by the names that they are reported under."""


@lru_cache(maxsize=64)
def read(answer: str) -> Score:
    """The references in an answer, found by name."""
    return _scorer().score(answer)


def sectors() -> tuple[str, ...]:
    """The sectors over which the score is taken, in their fixed order."""
    return tuple(_scorer().sectors)


def score_of(references: Iterable[Reference]) -> Score:
    """The score of references that something else has found."""
    found = tuple(references)
    return Score(found, distribution(counts_of(found), sectors=len(sectors())))


def counts_of(references: Iterable[Reference]) -> dict[str, float]:
    """How many references each sector has; one that has none is left out. Summed over answers they pool."""
    weights: dict[str, list[float]] = defaultdict(list)
    for one in references:
        weights[one.sector].append(one.weight)
    return {sector: math.fsum(each) for sector, each in sorted(weights.items())}


def measures(score: Score, answer: str) -> dict[str, float]:
    """The entropy and its companions."""
    beside = companions(score, answer)
    return {
        "entropy": score.distribution.entropy,
        "sectors_named": float(len(score.distribution.shares)),
        "references": beside.references,
        "specifics_share": beside.specific_share,
        "specifics_per_100_words": beside.specifics_per_100_words,
        "words": float(beside.words),
    }


@cache
def _scorer() -> Scorer:
    # It takes seconds to open and holds no state: one for all samples.
    return open_scorer()
