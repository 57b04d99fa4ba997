"""In which tone does an answer speak of each sector? VADER, sentence by sentence; English only.

Hutto and Gilbert, "VADER" (ICWSM 2014): a lexicon of English and rules, made for short texts of social media.
WorldView-Bench reports a share of positive sentiment (67.7 %) by a method that we could not read: ours cannot
be compared with it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from agents.pds import Reference

POSITIVE, NEGATIVE = 0.05, -0.05
"""Compound scores from which, and down to which, VADER's authors call a sentence positive, or negative."""

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?!\s|$)[^.!?\n]+)*[.!?]*")


@dataclass(slots=True)
class Tone:
    """How sentences speak of one sector; references count by their weights. `total`: the sum of compounds."""

    positive: float = 0.0
    neutral: float = 0.0
    negative: float = 0.0
    total: float = 0.0

    def add(self, compound: float, weight: float) -> None:
        """Count one reference in a sentence of this compound score (-1 to 1)."""
        self.total += compound * weight
        if compound >= POSITIVE:
            self.positive += weight
        elif compound <= NEGATIVE:
            self.negative += weight
        else:
            self.neutral += weight

    @property
    def weight(self) -> float:
        """How many references it rests on."""
        return self.positive + self.neutral + self.negative

    def as_dict(self) -> dict[str, float]:
        """Ready for JSON; sums, so that they pool."""
        return asdict(self)


def tones(answer: str, references: Iterable[Reference]) -> dict[str, Tone]:
    """The tone by sector of the sentences that name it. The answer must be English: that is not checked."""
    found: dict[str, Tone] = defaultdict(Tone)
    compounds = [(one.start(), one.end(), _compound(one[0])) for one in _SENTENCE.finditer(answer)]
    for reference in references:
        for start, end, compound in compounds:
            if start <= reference.start < end:
                found[reference.sector].add(compound, reference.weight)
    return dict(found)


def overall(by_sector: Iterable[Tone]) -> float | None:
    """The mean compound over all references, -1 to 1; None without any."""
    every = list(by_sector)
    weight = sum(one.weight for one in every)
    return sum(one.total for one in every) / weight if weight else None


def _compound(sentence: str) -> float:
    return float(_analyser().polarity_scores(sentence)["compound"])


@cache
def _analyser() -> Any:
    # The package fetches nothing; only its demonstration, run as a program, asks a translation service.
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError as error:
        raise ImportError(
            "Sentiment needs VADER: .venv/bin/pip install -c constraints.txt -e '.[evaluation]'"
        ) from error
    return SentimentIntensityAnalyzer()
