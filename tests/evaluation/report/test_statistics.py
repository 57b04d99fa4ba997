"""Statistics against values worked out by hand, by scipy alone, or by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluation.report.groups import by_culture, spread
from evaluation.report.rows import Row
from evaluation.report.statistics import RESAMPLES, SEED, detectable, difference, mean, power, wilson


def row(sample, score, *, cluster=None, culture=None, order=0, phrasing=0, arm="plain"):
    question = str(sample)
    return Row(
        task="t",
        arm=arm,
        sample=f"{question}#{order}.{phrasing}",
        question=question,
        cluster=str(cluster or question),
        culture=culture,
        language="en",
        order=order,
        phrasing=phrasing,
        scores={"right": score},
    )


def test_without_clusters_the_interval_is_scipys():
    values = np.random.default_rng(1).integers(0, 2, 80).astype(float)
    found = mean([row(f"q{number:02}", value) for number, value in enumerate(values)], "right")
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(SEED)
    )
    assert found.value == pytest.approx(values.mean())
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(expected.confidence_interval))
    assert (found.n, found.questions, found.clusters, found.reason) == (80, 80, 80, None)


def test_answers_that_stand_and_fall_together_are_worth_less():
    rows = [row(f"q{c}-{n}", float(c % 2), cluster=f"c{c}") for c in range(20) for n in range(10)]
    whole = mean(rows, "right")
    apart = mean([row(one.sample, one.scores["right"]) for one in rows], "right")
    assert whole.value == apart.value == 0.5
    # ten copies of an answer tell as much as one: the interval is √10 wider
    wide, narrow = (one.interval.high - one.interval.low for one in (whole, apart))
    assert wide / narrow == pytest.approx(math.sqrt(10), rel=0.12)


def test_a_mean_weighs_answers_not_clusters():
    rows = [row("a", 1.0, cluster="x"), *(row(f"b{n}", 0.0, cluster="y") for n in range(3))]
    assert mean(rows, "right").value == 0.25


def test_only_what_both_arms_answered_is_compared():
    reference = [row("a", 1.0), row("b", 0.0), row("c", 0.0), row("c", 1.0, order=2), row("failed", None)]
    arm = [row("a", 1.0), row("b", 1.0), row("c", 1.0), row("only-there", 0.0), row("failed", 1.0)]
    found = difference([*arm, row("a", 0.0, order=1)], reference, "right")
    assert (found.value, found.n, found.discordance) == (pytest.approx(2 / 3), 3, pytest.approx(2 / 3))


def test_pairing_sees_what_two_intervals_do_not():
    rng = np.random.default_rng(2)
    hard = rng.random(300) < 0.5
    reference = [row(n, float(one)) for n, one in enumerate(hard)]
    arm = [row(n, float(one and n % 12 > 0)) for n, one in enumerate(hard)]
    found = difference(arm, reference, "right")
    one, other = mean(arm, "right"), mean(reference, "right")
    assert one.interval.high > other.interval.low, "apart they overlap"
    assert found.worse
    assert not found.better
    assert (found.above, found.p) == (0.0, pytest.approx(2 / (RESAMPLES + 1)))
    assert found.independent == pytest.approx(300, rel=0.05)


def test_an_arm_that_does_nothing_is_not_told_apart():
    rng = np.random.default_rng(3)
    one, other = (rng.integers(0, 2, 200).astype(float) for _ in range(2))
    found = difference(
        [row(n, v) for n, v in enumerate(one)], [row(n, v) for n, v in enumerate(other)], "right"
    )
    assert not found.worse
    assert not found.better
    assert found.p > 0.05


def test_where_nothing_varies_there_is_a_reason_and_no_interval():
    assert mean([], "right").reason == "no data"
    assert mean([row("a", None)], "right").value is None
    assert mean([row("a", 1.0, cluster="x"), row("b", 0.0, cluster="x")], "right").reason == "one cluster"
    alike = mean([row(n, 1.0) for n in range(9)], "right")
    assert (alike.value, alike.interval, alike.reason) == (1.0, None, "all equal")
    same = difference([row(n, 1.0) for n in range(9)], [row(n, 1.0) for n in range(9)], "right")
    assert (same.value, same.p, same.worse, same.reason) == (0.0, 1.0, False, "all equal")
    nothing = difference([row("a", 1.0)], [row("b", 1.0)], "right")
    assert (nothing.value, nothing.p, power(nothing), nothing.reason) == (None, None, None, "no data")


def test_an_arm_that_is_always_wrong_is_worse_although_nothing_varies():
    reference, arm = ([row(n, score) for n in range(9)] for score in (1.0, 0.0))
    found = difference(arm, reference, "right")
    assert (found.value, found.interval, found.worse, found.p) == (-1.0, None, True, 2 / 2**9)
    assert not difference(arm[:3], reference, "right").worse, "three coins fall alike by chance"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from((0.0, 1.0, 0.3))), max_size=12))
def test_small_samples_give_a_value_or_a_reason(answers):
    rows = [row(n, score, cluster=cluster) for n, (cluster, score) in enumerate(answers)]
    found = mean(rows, "right", resamples=99)
    assert (found.interval is None) == (found.reason is not None)
    if found.interval:
        assert found.interval.low <= found.interval.high
        assert not math.isnan(found.interval.low)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(10, 40, 0.1419, 0.4019), (0, 40, 0, 0.0876), (1, 1, 0.2065, 1)]
)
def test_wilson(hits, n, low, high):
    found = wilson(hits / n, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_what_is_called_detectable_is_detected_four_times_in_five():
    n, psi = 400, 0.3
    delta = detectable(n, psi)
    rng = np.random.default_rng(4)
    shares = [(psi - delta) / 2, 1 - psi, (psi + delta) / 2]
    worse, _, better = rng.multinomial(n, shares, size=4000).T
    z = (better - worse) / np.sqrt(better + worse)
    assert np.mean(z > stats.norm.ppf(0.975)) == pytest.approx(0.8, abs=0.03)
    assert detectable(n) == delta, "0.3 where it is not known"
    assert detectable(4 * n, psi) == pytest.approx(delta / 2, rel=0.02)
    assert detectable(10, 0.05) is None


def test_power_counts_what_clusters_are_worth():
    rng = np.random.default_rng(5)
    reference, arm = [], []
    for c in range(40):
        shift = rng.choice([-1, 1]) if c % 3 == 0 else 0
        for n in range(10):
            reference.append(row(f"{c}-{n}", float(shift < 0), cluster=f"c{c}"))
            arm.append(row(f"{c}-{n}", float(shift > 0), cluster=f"c{c}"))
    found = difference(arm, reference, "right")
    assert found.independent == pytest.approx(40, rel=0.1), "400 answers are worth 40"
    assert power(found) == pytest.approx(detectable(40, found.discordance), rel=0.1)
    graded = difference(
        [row(n, v) for n, v in enumerate(rng.random(50))], [row(n, 0.5) for n in range(50)], "right"
    )
    assert power(graded) == pytest.approx((1.959964 + 0.841621) * graded.error, rel=1e-5)


def test_cultures_their_worst_and_parity():
    shares = {"Spain": (8, 10), "Kenya": (4, 10), "Tiny": (0, 3)}
    rows = [
        row(f"{name}{n}", float(n < hits), culture=name)
        for name, (hits, of) in shares.items()
        for n in range(of)
    ]
    found = by_culture([*rows, row("none", 0.0)], "right", minimum=10)
    assert [(one.name, one.mean.value, one.eligible) for one in found.all] == [
        ("Spain", 0.8, True),
        ("Kenya", 0.4, True),
        ("Tiny", 0.0, False),
    ]
    assert (found.worst.name, found.worst.parity, found.worst.mean.n) == ("Kenya", 0.5, 10)
    assert found.all[0].parity == 1.0
    assert found.all[2].parity is None
    assert found.worst.mean.interval == wilson(0.4, 10)
    few = by_culture(rows, "right", minimum=11)
    assert (few.worst, few.reason) == (None, "fewer than two cultures with 11 questions")
    assert by_culture([row("a", 1.0)], "right").reason == "no cultures"
    zero = by_culture([row(f"{c}{n}", 0.0, culture=c) for c in "ab" for n in range(3)], "right", minimum=3)
    assert zero.worst.parity is None


def test_spreads_hold_the_other_variant_fixed():
    # phrasing 1 makes all wrong; the order moves nothing where the phrasing is the same
    star = [row(q, 1.0, order=o) for q in "ab" for o in range(3)] + [row(q, 0.0, phrasing=1) for q in "ab"]
    order, phrasing = spread(star, "right", "order"), spread(star, "right", "phrasing")
    assert (order.value, order.means, order.same, order.questions) == (0.0, {0: 1.0, 1: 1.0, 2: 1.0}, True, 2)
    assert (phrasing.value, phrasing.means, phrasing.same) == (1.0, {0: 1.0, 1: 0.0}, True)


def test_spreads_in_a_balanced_design():
    latin = [row(f"q{n}", float(o == 0), order=o, phrasing=(o + n) % 3) for n in range(3) for o in range(3)]
    assert spread(latin, "right", "order").value == 1.0
    found = spread(latin, "right", "phrasing")
    assert (found.value, found.same, found.questions) == (pytest.approx(0.0), True, 3)


def test_a_spread_says_when_the_questions_were_not_the_same():
    part = spread([row("a", 1.0), row("b", 0.0), row("a", 0.0, order=1)], "right", "order")
    assert (part.value, part.same, part.questions) == (1.0, False, 1)
    none = spread([row("a", 1.0), row("b", 0.0, order=1)], "right", "order")
    assert (none.value, none.same, none.questions) == (1.0, False, 0)
    assert spread([row("a", 1.0)], "right", "order").reason == "one variant"
    assert spread([row("a", 1.0, order=None)], "right", "order").reason == "no variants"
