"""Bounds worked out by hand, Holm's step-down, and how often noise is taken for knowledge."""

import numpy as np
import pytest
from scipy.stats import t

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
    """40 pairs, 12 won, 4 lost: with a pair more on each side 42, mean 8/42, second moment 18/42."""
    swahili = [1] * 12 + [0] * 4 + [1] * 24
    english = [0] * 12 + [1] * 4 + [1] * 24
    found = only(weigh(answers({"en": english, "sw": swahili}), alpha=0.05, minimum=30), "overall", "sw")
    mean = 8 / 42
    spread = ((18 / 42 - mean**2) / 42) ** 0.5
    assert found.difference == pytest.approx(0.2)
    assert found.p == pytest.approx(t.sf(mean / spread, 41), abs=1e-6)
    # Two places (all, and the one cluster), both rejected or both not: Holm's first level is alpha / 2.
    assert found.p > 0.025
    assert found.low == pytest.approx(mean - t.isf(0.025, 41) * spread, abs=1e-4)
    assert found.high == pytest.approx(mean + t.isf(0.025, 41) * spread, abs=1e-4)
    assert found.low < 0


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


def test_with_too_few_nothing_is_known():
    weighed = weigh(answers({"en": [0] * 20, "sw": [1] * 20}), alpha=0.05, minimum=30)
    found = only(weighed, 0, "sw")
    assert (found.p, found.low, found.high) == (1, -1, 1)
    assert choose(weighed[0]) == ("en", "too few questions")


def test_the_winner_is_the_one_with_the_highest_bound():
    right = {"en": [0, 1] * 40, "sw": [1, 1] * 40, "ar": [1, 1] * 35 + [0, 1] * 5, "zh": [0, 1] * 40}
    chosen, why = choose(weigh(answers(right), alpha=0.05, minimum=30)[0])
    assert chosen == "sw"
    assert why.startswith("+50% against English")


def test_english_says_what_came_nearest():
    chosen, why = choose(weigh(answers({"en": [0, 1] * 20, "sw": [1, 0] * 20}), alpha=0.05, minimum=30)[0])
    assert chosen == "en"
    assert why.startswith("no language is surely better; the nearest is sw")


def test_the_cultures_own_language_is_a_choice():
    cultures, own = ["KE", "JP"] * 30, ["sw", "ja"] * 30
    right = {"en": [0] * 60, "sw": [1, 0] * 30, "ja": [0, 1] * 30}
    weighed = weigh(answers(right, cultures=cultures, own=own), alpha=0.05, minimum=20)
    assert only(weighed, 0, "own").difference == 1
    assert choose(weighed[0])[0] == "own"
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
