"""The statistics of the benches against values worked out elsewhere."""

import math

import pytest

from bench.paired import detectable, mcnemar, wilson


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(0, 40, 0.0, 0.0876), (10, 40, 0.1419, 0.4019), (40, 40, 0.9124, 1.0), (0, 0, 0.0, 1.0)],
)
def test_wilson(hits, count, low, high):
    assert wilson(hits, count) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))


@pytest.mark.parametrize(("one", "other", "p"), [(0, 0, 1.0), (3, 3, 1.0), (6, 0, 2 / 64), (1, 9, 22 / 1024)])
def test_mcnemar_is_the_exact_binomial(one, other, p):
    assert mcnemar(one, other) == mcnemar(other, one) == pytest.approx(p)


def test_more_pairs_show_smaller_differences():
    assert detectable(40) == pytest.approx(0.20)
    assert detectable(160) == pytest.approx(0.05)
    assert detectable(5) != detectable(5), "five pairs show nothing at all"


@pytest.mark.parametrize("pairs", range(7))
def test_few_pairs_detect_nothing_or_all(pairs):
    found = detectable(pairs)
    assert math.isnan(found) if pairs < 6 else found == 0.97
