import math

import pytest

from evaluation.similarity import in_thread, lift, relevance, similarity

TEA = "In Japan, guests are served green tea when they arrive."
SAME = "日本では、客が来ると緑茶を出す。"
OTHER = "The stock exchange closed lower after the bank raised its rates."


def test_the_same_in_another_language_is_nearer_than_something_else() -> None:
    assert similarity(TEA, TEA) == pytest.approx(1, abs=1e-3)
    assert similarity(TEA, SAME) > similarity(TEA, OTHER) + 0.05
    assert similarity(TEA, SAME) == similarity(SAME, TEA)
    assert relevance("What do guests drink in Japan?", TEA) > relevance(
        "What do guests drink in Japan?", OTHER
    )


def test_what_is_empty_is_near_to_nothing() -> None:
    assert similarity("", TEA) == similarity(TEA, " ") == relevance("Why?", "\n") == 0


def test_odd_characters_do_no_harm() -> None:
    assert similarity("tea\0bread", "tea bread") == pytest.approx(1, abs=1e-3)
    assert 0 < similarity("tea \ud800", "tea") <= 1


def test_lift_is_what_exceeds_the_expected() -> None:
    assert lift(SAME, TEA, [OTHER]) == pytest.approx(similarity(SAME, TEA) - similarity(SAME, OTHER))
    assert lift(OTHER, TEA, [SAME]) < lift(SAME, TEA, [OTHER])
    assert lift("", TEA, [OTHER]) == 0
    assert math.isnan(lift(TEA, SAME, []))


async def test_a_thread_does_the_work() -> None:
    assert await in_thread(similarity, TEA, SAME) == similarity(TEA, SAME)
