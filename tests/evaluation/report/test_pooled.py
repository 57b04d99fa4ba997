"""All answers as one: entropy worked out on paper, and its interval against numpy's own resamples."""

import math

import numpy as np
import pytest

from agents.pds import distribution
from evaluation.report.pooled import COUNTS, _entropy, pooled
from evaluation.report.rows import Row

SECTORS = [f"s{number}" for number in range(8)]


def answer(question, **counts):
    scores = {f"{COUNTS}{sector}": float(counts.get(sector, 0)) for sector in SECTORS}
    return Row("views", "council", f"{question}#0.0", question, question, *[None] * 4, scores)


def test_two_answers_that_each_name_one_sector_are_together_even():
    found = pooled([answer("a", s0=2), answer("b", s1=2)], resamples=99)
    assert found.references == 4
    assert found.distribution.entropy == pytest.approx(math.log(2) / math.log(8))
    assert found.interval.low == 0.0


def test_nobody_named_is_no_entropy_and_nothing_counted_is_nothing():
    found = pooled([answer("a"), answer("b")])
    assert (found.references, found.distribution.entropy, found.interval) == (0, 0.0, None)
    assert pooled([Row("t", "plain", "a#0.0", "a", "a", *[None] * 4, {"chosen": 1.0})]) is None
    assert pooled([answer("a", s0=1, s1=1)]).interval is None


def test_the_vectorised_entropy_is_the_scores_own():
    counts = np.random.default_rng(1).integers(0, 5, (8, 6)).astype(float)
    many = _entropy(*counts[:, None, :], axis=-1)
    alone = distribution(dict(zip(SECTORS, counts.sum(axis=1), strict=True)), sectors=8).entropy
    assert many[0] == pytest.approx(alone)


def test_the_interval_is_the_percentile_bootstraps():
    rows = [
        answer(f"q{number}", **{SECTORS[number % 5]: 1 + number % 3, "s7": number % 2})
        for number in range(20)
    ]
    found = pooled(rows, resamples=4_000)
    sums = np.array([[row.scores[f"{COUNTS}{sector}"] for row in rows] for sector in SECTORS])
    draw = np.random.default_rng(7)
    ours = [_entropy(*sums[:, draw.integers(0, 20, 20)]) for _ in range(4_000)]
    assert found.interval.low == pytest.approx(np.quantile(ours, 0.025), abs=0.02)
    assert found.interval.high == pytest.approx(np.quantile(ours, 0.975), abs=0.02)
    assert found.interval.low < found.distribution.entropy
