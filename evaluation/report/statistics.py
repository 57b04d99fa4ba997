"""What a sample of answers allows to say: means, paired differences and what the sample could have shown.

Answers to one question, or to one template of questions, are not independent; so clusters are resampled, not
answers: the bootstrap of Efron & Tibshirani (An Introduction to the Bootstrap, 1993; paired: chapter 8, BCa
interval: chapter 14), by `scipy.stats.bootstrap` over the sums and counts of each cluster, whose ratio is the
mean. Where data allow no interval, the value says why in `reason`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from evaluation.report.rows import Row

CONFIDENCE, POWER, ALPHA = 0.95, 0.8, 0.05
RESAMPLES, SEED = 9999, 20250311
# Resampled indices held at once: 16 MB.
_HELD = 2_000_000
_ALIKE = 1e-12


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over `n` answers to `questions` in `clusters`; None without data. `reason`: why no interval."""

    value: float | None
    interval: Interval | None
    n: int
    questions: int
    clusters: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """An arm minus its reference over the `n` samples that both answered.

    `p` is two-sided, by the share of resamples on the far side of zero (never below 2 / (resamples + 1)), or
    the sign test over clusters where these are all equal; `above`: the share of resamples above zero.
    `discordance`: the share of pairs that differ. `error`: the standard error by cluster. `independent`: how
    many independent pairs would give that error (n / design effect, at most n).
    """

    value: float | None
    interval: Interval | None
    p: float | None
    above: float | None
    n: int
    questions: int
    clusters: int
    discordance: float | None
    error: float | None
    independent: float | None
    binary: bool
    reason: str | None = None

    @property
    def worse(self) -> bool:
        """The whole interval lies below zero, or all clusters alike do."""
        return self._beyond(self.interval.high if self.interval else self.value, -1)

    @property
    def better(self) -> bool:
        """The whole interval lies above zero, or all clusters alike do."""
        return self._beyond(self.interval.low if self.interval else self.value, 1)

    def _beyond(self, near: float | None, sign: int) -> bool:
        return near is not None and near * sign > 0 and (self.interval is not None or (self.p or 1) < ALPHA)


def scored(rows: Iterable[Row], scorer: str) -> list[tuple[Row, float]]:
    """The rows to which the scorer applied, with its number."""
    return [(row, value) for row in rows if (value := row.scores.get(scorer)) is not None]


def mean(rows: Iterable[Row], scorer: str, *, resamples: int = RESAMPLES) -> Mean:
    """The mean of a scorer over all answers that it applies to, failed ones left out."""
    found = scored(rows, scorer)
    values = [value for _, value in found]
    drawn = _resampled([row.cluster for row, _ in found], values, resamples)
    return Mean(
        value=math.fsum(values) / len(values) if values else None,
        interval=drawn.interval,
        n=len(values),
        questions=len({row.question for row, _ in found}),
        clusters=drawn.clusters,
        reason=drawn.reason,
    )


def difference(
    arm: Iterable[Row], reference: Iterable[Row], scorer: str, *, resamples: int = RESAMPLES
) -> Difference:
    """The paired difference over the samples (question and variant) that both arms have a score for."""
    other = {row.sample: value for row, value in scored(reference, scorer)}
    pairs = [(row, value, other[row.sample]) for row, value in scored(arm, scorer) if row.sample in other]
    gaps = [one - two for _, one, two in pairs]
    drawn = _resampled([row.cluster for row, _, _ in pairs], gaps, resamples)
    naive = float(np.std(gaps)) / math.sqrt(len(gaps)) if gaps else 0.0
    return Difference(
        value=math.fsum(gaps) / len(gaps) if gaps else None,
        interval=drawn.interval,
        p=_p(drawn, gaps),
        above=None if drawn.distribution is None else float(np.mean(drawn.distribution > 0)),
        n=len(gaps),
        questions=len({row.question for row, _, _ in pairs}),
        clusters=drawn.clusters,
        discordance=sum(abs(gap) > _ALIKE for gap in gaps) / len(gaps) if gaps else None,
        error=drawn.error,
        independent=min(len(gaps), len(gaps) * (naive / drawn.error) ** 2) if drawn.error else None,
        binary=all(value in (0, 1) for _, one, two in pairs for value in (one, two)),
        reason=drawn.reason,
    )


def detectable(n: float, discordance: float | None = None) -> float | None:
    """The smallest paired difference of shares found with 80 % power at a two-sided 5 % by `n` pairs.

    McNemar's test by the normal approximation (Connett, Smith & McHugh 1987): with ψ the share of pairs that
    differ (0.3 when not known), `n = (z₁₋α/₂ √ψ + z₁₋β √(ψ − δ²))² / δ²`, solved for δ. None where no
    difference that such a ψ allows (δ ≤ ψ) would be found.
    """
    psi = 0.3 if discordance is None else discordance
    a, b = (float(stats.norm.ppf(share)) for share in (1 - ALPHA / 2, POWER))
    root = n + b * b - a * a
    if root < 0 or psi <= 0:
        return None
    delta = math.sqrt(psi) * (a * math.sqrt(n) + b * math.sqrt(root)) / (n + b * b)
    return delta if delta <= psi else None


def power(found: Difference) -> float | None:
    """The smallest true difference that this comparison would have found, by the rule that fits the score.

    Right or wrong: `detectable` over the independent pairs (all clusters, where no error is known). Other
    scores: `(z₁₋α/₂ + z₁₋β)` standard errors. None where neither can be said.
    """
    if found.n and found.binary:
        return detectable(found.independent or found.clusters, found.discordance or None)
    if found.error is None:
        return None
    return float(stats.norm.ppf(1 - ALPHA / 2) + stats.norm.ppf(POWER)) * found.error


def wilson(share: float, n: int) -> Interval | None:
    """Wilson's interval of a share of `n` independent answers; None for no answers."""
    if not n:
        return None
    z = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(max(share * (1 - share), 0.0) / n + z * z / (4 * n * n))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


@dataclass(frozen=True, slots=True)
class _Resampled:
    clusters: int
    interval: Interval | None = None
    error: float | None = None
    distribution: Any = None
    reason: str | None = None


def _resampled(clusters: Sequence[str], values: Sequence[float], resamples: int) -> _Resampled:
    """The mean's bootstrap over clusters, or the reason why there is none."""
    names, places = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    if len(names) < 2:
        return _Resampled(len(names), reason="one cluster" if len(names) else "no data")
    sums, counts = np.bincount(places, weights=values), np.bincount(places)
    if np.ptp(sums / counts) < _ALIKE:
        return _Resampled(len(names), reason="all equal")
    drawn = stats.bootstrap(
        (sums, counts),
        _ratio,
        paired=True,
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, _HELD // len(names)),
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=np.random.default_rng(SEED),
    )
    low, high = (float(bound) for bound in drawn.confidence_interval)
    error = float(drawn.standard_error)
    return _Resampled(len(names), Interval(low, high), error, drawn.bootstrap_distribution)


def _ratio(sums: Any, counts: Any, axis: int = -1) -> Any:
    return sums.sum(axis=axis) / counts.sum(axis=axis)


def _p(drawn: _Resampled, gaps: Sequence[float]) -> float | None:
    if drawn.distribution is not None:
        far = min(int(np.sum(drawn.distribution <= 0)), int(np.sum(drawn.distribution >= 0)))
        return min(1.0, 2 * (far + 1) / (len(drawn.distribution) + 1))
    if drawn.clusters < 2:
        return None
    return min(1.0, 2.0 ** (1 - drawn.clusters)) if abs(gaps[0]) > _ALIKE else 1.0
