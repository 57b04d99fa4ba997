"""Bounds worked out by hand, Holm's step-down, and how often noise is taken for knowledge."""

import numpy as np
import pytest
from scipy.stats import norm, t

from agents.profile.evidence import Answers, choose, weigh


def answers(right, *, groups=None, clusters=None, cultures=None, own=None):
    size = len(next(iter(right.values())))
    return Answers(
        right,
        groups or [f"g{at}" for at in range(size)],
        clusters or [0] * size,
        cultures or [None] * size,
        own or [None] * size,
    )


def only(weighed, place, language):
    return next(one for one in weighed[place] if one.language == language)


def test_a_bound_by_hand():
    """40 pairs, 12 won, 4 lost: with half a pair more in each cell 42, mean 8/42, second moment 17/42."""
    swahili = [1] * 12 + [0] * 4 + [1] * 24
    english = [0] * 12 + [1] * 4 + [1] * 24
    found = only(weigh(answers({"en": english, "sw": swahili}), alpha=0.05, minimum=30), "overall", "sw")
    mean = 8 / 42
    spread = ((17 / 42 - mean**2) / 42) ** 0.5
    assert found.difference == pytest.approx(0.2)
    assert found.p == pytest.approx(t.sf(mean / spread, 41), abs=1e-6)
    # Two places (all, and the one cluster), both rejected or both not: Holm's first level is alpha / 2.
    assert found.p > 0.02
    strict = only(weigh(answers({"en": english, "sw": swahili}), alpha=0.02, minimum=30), "overall", "sw")
    assert strict.low == pytest.approx(mean - t.isf(0.01, 41) * spread, abs=1e-4)
    assert strict.high == pytest.approx(mean + t.isf(0.01, 41) * spread, abs=1e-4)
    assert strict.low < 0


def test_the_bound_is_that_of_agresti_and_min():
    """The example of R's `PropCIs::diffpropci.mp`: 40 and 20 of 160 pairs differ, -0.216 to -0.031."""
    swahili = [1] * 20 + [0] * 40 + [1] * 100
    english = [0] * 20 + [1] * 40 + [1] * 100
    found = only(weigh(answers({"en": english, "sw": swahili}), alpha=0.025, minimum=30), "overall", "sw")
    mean, spread = -0.1234568, (0.21601726 - 0.03089632) / 2 / norm.isf(0.025)
    assert found.p == pytest.approx(t.sf(mean / spread, 161), abs=1e-5)


def test_questions_of_one_group_count_as_one():
    """Ten answers to one question in ten words are not ten observations."""
    right = {"en": [0] * 60, "sw": [1] * 60}
    alone = only(weigh(answers(right), alpha=0.05, minimum=30), 0, "sw")
    alike = only(
        weigh(answers(right, groups=[f"g{at // 10}" for at in range(60)]), alpha=0.05, minimum=5), 0, "sw"
    )
    assert (alone.groups, alike.groups) == (60, 6)
    assert alone.low > alike.low


def test_thirty_equal_answers_have_a_variance():
    found = only(weigh(answers({"en": [0] * 30, "sw": [1] * 30}), alpha=0.05, minimum=30), 0, "sw")
    assert 0.5 < found.low < found.high <= 1


def test_a_place_with_too_few_borrows_from_its_cultures_first():
    clusters = [0] * 10 + [1] * 40
    cultures = ["KE"] * 30 + ["JP"] * 20
    right = {"en": [0] * 50, "sw": [1] * 30 + [0] * 20}
    found = only(weigh(answers(right, clusters=clusters, cultures=cultures), alpha=0.05, minimum=30), 0, "sw")
    assert found.from_here == pytest.approx(1 / 3, abs=1e-3)
    assert found.difference == 1
    further = only(
        weigh(answers(right, clusters=clusters, cultures=cultures), alpha=0.05, minimum=40), 0, "sw"
    )
    assert further.difference == pytest.approx(30 / 40)


@pytest.mark.parametrize(("lost", "chosen"), [(5, "en"), (3, "en"), (2, "sw"), (0, "sw")])
def test_what_is_borrowed_never_outvotes_a_places_own(lost, chosen):
    """Five questions of its own, of which Swahili lost so many and won the rest; a hundred to borrow from."""
    right = {"en": [1] * lost + [0] * (5 - lost) + [0] * 100, "sw": [0] * lost + [1] * (5 - lost) + [1] * 100}
    weighed = weigh(answers(right, clusters=[0] * 5 + [1] * 100), alpha=0.05, minimum=30)
    assert choose(weighed[1], 100)[0] == "sw"
    language, why = choose(weighed[0], 5)
    assert language == chosen
    assert ", 5 of them its own" in why
    if chosen == "en":
        found = only(weighed, 0, "sw")
        assert (found.p, found.low) == (1, 0)
        assert found.difference > 0.5, "what is told is the difference with what was borrowed"


def test_a_place_that_was_measured_to_be_worse_still_says_so():
    """Its upper bound is what keeps a culture in English (`KnowledgeMap.route`), borrowed or not."""
    right = {"en": [1] * 105, "sw": [0] * 105}
    found = only(weigh(answers(right, clusters=[0] * 5 + [1] * 100), alpha=0.05, minimum=30), 0, "sw")
    assert found.high < 0


def test_with_too_few_nothing_is_known():
    weighed = weigh(answers({"en": [0] * 20, "sw": [1] * 20}), alpha=0.05, minimum=30)
    found = only(weighed, 0, "sw")
    assert (found.p, found.low, found.high) == (1, -1, 1)
    assert choose(weighed[0], 20) == ("en", "too few questions")


def test_the_winner_is_the_one_with_the_highest_bound():
    right = {"en": [0, 1] * 40, "sw": [1, 1] * 40, "ar": [1, 1] * 35 + [0, 1] * 5, "zh": [0, 1] * 40}
    chosen, why = choose(weigh(answers(right), alpha=0.05, minimum=30)[0], 80)
    assert chosen == "sw"
    assert why.startswith("+50% against English")
    assert why.endswith(", 80 groups of questions, all its own")


def test_english_says_what_came_nearest():
    right = {"en": [0, 1] * 20, "sw": [1, 0] * 20}
    chosen, why = choose(weigh(answers(right), alpha=0.05, minimum=30)[0], 40)
    assert chosen == "en"
    assert why.startswith("no language is surely better; the nearest is sw")


def test_the_cultures_own_language_is_a_choice():
    cultures, own = ["KE", "JP"] * 30, ["sw", "ja"] * 30
    right = {"en": [0] * 60, "sw": [1, 0] * 30, "ja": [0, 1] * 30}
    weighed = weigh(answers(right, cultures=cultures, own=own), alpha=0.05, minimum=20)
    assert only(weighed, 0, "own").difference == 1
    assert choose(weighed[0], 60)[0] == "own"
    assert {one.language for one in weighed["KE"]} == {"sw", "ja"}


def test_noise_is_seldom_taken_for_knowledge():
    """200 models that know nothing better in any language: at most one map in twenty may say so."""
    draw = np.random.default_rng(3)
    clusters = [at % 6 for at in range(240)]
    cultures = [f"C{at % 4}" for at in range(240)]
    wrong = 0
    for _ in range(200):
        right = {tag: draw.integers(0, 2, 240).tolist() for tag in ("en", "sw", "ar", "zh")}
        weighed = weigh(answers(right, clusters=clusters, cultures=cultures), alpha=0.05, minimum=30)
        wrong += any(one.low > 0 for those in weighed.values() for one in those)
    assert wrong <= 16  # of 200 at 0.05: more than 16 would be seen in 3 of 100 such tests


def test_noise_that_is_borrowed_is_seldom_taken_for_knowledge():
    """The same where every cluster and culture has too few groups, and borrows from the others."""
    draw = np.random.default_rng(4)
    clusters = [at % 12 for at in range(120)]
    cultures = [f"C{at % 5}" for at in range(120)]
    wrong = 0
    for _ in range(150):
        right = {tag: draw.integers(0, 2, 120).tolist() for tag in ("en", "sw", "ar")}
        weighed = weigh(answers(right, clusters=clusters, cultures=cultures), alpha=0.05, minimum=30)
        lent = [one.from_here for place, those in weighed.items() for one in those if place != "overall"]
        assert max(lent) < 1
        wrong += any(one.low > 0 for those in weighed.values() for one in those)
    assert wrong <= 13  # of 150 at 0.05: more than 13 would be seen in 2 of 100 such tests
