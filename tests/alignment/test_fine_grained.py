"""CulFiT's reward, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.fine_grained import fine_grained


def test_a_worked_example():
    """Two of three units supported, one of two covered, English and Chinese said for Chinese gold."""
    score = fine_grained(
        group=True,
        topic=True,
        spoken={"en", "zh"},
        gold_spoken={"zh"},
        supported=[True, True, False],
        covered=[True, False],
    )
    assert score.precision == pytest.approx((1 + 1 + 1 + 2) / (3 + 2 + 2))
    assert score.recall == pytest.approx((1 + 1 + 1 + 1) / (2 + 1 + 2))
    assert score.f1 == pytest.approx(2 * (5 / 7) * (4 / 5) / (5 / 7 + 4 / 5))
    assert score.unit_f1 == pytest.approx(2 * (2 / 3) * (1 / 2) / (2 / 3 + 1 / 2))


BITS = st.lists(st.booleans(), max_size=6)
TAGS = st.sets(st.sampled_from(["en", "zh", "ar", "es"]), max_size=4)


@given(st.booleans(), st.booleans(), TAGS, TAGS, BITS, BITS)
def test_nothing_exceeds_one(group, topic, spoken, gold, supported, covered):
    """The released code's recall can: many languages in the answer, one in the gold."""
    score = fine_grained(
        group=group, topic=topic, spoken=spoken, gold_spoken=gold, supported=supported, covered=covered
    )
    for number in (score.precision, score.recall, score.f1, score.unit_f1):
        assert 0 <= number <= 1


def test_an_answer_that_says_nothing_scores_nothing():
    score = fine_grained(
        group=False, topic=False, spoken=set(), gold_spoken={"en"}, supported=[], covered=[False]
    )
    assert (score.precision, score.recall, score.f1, score.unit_f1) == (0, 0, 0, 0)
