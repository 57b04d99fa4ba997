"""All answers of an arm as one: how evenly the references of all of them are spread, and over what.

The mean of an answer's own entropy asks each answer to be plural by itself; the pooled one asks all of them
together. Both are shown, with how many references they rest on.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from agents.pds import Distribution, distribution
from evaluation.report.rows import Row
from evaluation.report.statistics import CONFIDENCE, RESAMPLES, SEED, Interval

COUNTS = "counts."  # begins the scorers that count an answer's references by sector


@dataclass(frozen=True, slots=True)
class Pooled:
    """An arm's pooled distribution over `references`; `interval`: of its entropy, None where it has none."""

    references: float
    distribution: Distribution
    interval: Interval | None


def pooled(rows: Iterable[Row], *, resamples: int = RESAMPLES) -> Pooled | None:
    """The distribution of all references in these answers; None where nothing counts references.

    The interval is the percentile bootstrap's over clusters of questions. Entropy of a sample is biased
    downwards, and so are its ends: more questions would raise both.
    """
    counted = [row for row in rows if any(name.startswith(COUNTS) for name in row.scores)]
    if not counted:
        return None
    sectors = sorted({name for row in counted for name in row.scores if name.startswith(COUNTS)})
    clusters = sorted({row.cluster for row in counted})
    sums = np.zeros((len(sectors), len(clusters)))
    for row in counted:
        for place, sector in enumerate(sectors):
            sums[place, clusters.index(row.cluster)] += row.scores.get(sector) or 0.0
    totals = sums.sum(axis=1)
    named = {sector.removeprefix(COUNTS): total for sector, total in zip(sectors, totals, strict=True)}
    found = distribution({name: total for name, total in named.items() if total}, sectors=len(sectors))
    return Pooled(math.fsum(totals), found, _interval(sums, resamples))


def _interval(sums: Any, resamples: int) -> Interval | None:
    """None with fewer than two clusters, or where fewer than two sectors are named at all."""
    if sums.shape[1] < 2 or np.count_nonzero(sums.sum(axis=1)) < 2:
        return None
    drawn = stats.bootstrap(
        tuple(sums),
        _entropy,
        paired=True,
        vectorized=True,
        n_resamples=resamples,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(SEED),
    )
    low, high = (float(bound) for bound in drawn.confidence_interval)
    return Interval(low, high)


def _entropy(*sums: Any, axis: int = -1) -> Any:
    """`agents.pds`'s normalised entropy, for many resamples at once (a test holds both to be the same)."""
    totals = np.stack([one.sum(axis=axis) for one in sums])
    whole = totals.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(whole > 0, totals / whole, 0.0)
        terms = np.where(shares > 0, -shares * np.log(shares), 0.0)
    return terms.sum(axis=0) / math.log(len(sums))
