"""The score against cases worked out by hand."""

import math

import pytest

from agents.pds import distribution


def test_two_sectors_of_eight():
    score = distribution(["east-asian", "sub-saharan-african"], sectors=8)
    assert score.shares == {"east-asian": 0.5, "sub-saharan-african": 0.5}
    assert score.entropy == pytest.approx(math.log(2) / math.log(8))


def test_uneven_references():
    score = distribution(["a", "a", "a", "b"], sectors=4)
    assert score.entropy == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)) / math.log(4))


def test_all_sectors_evenly_is_one():
    assert distribution("abcdefgh", sectors=8).entropy == pytest.approx(1)


@pytest.mark.parametrize("references", [[], ["a"], ["a"] * 9])
def test_none_or_one_sector_is_zero(references):
    score = distribution(references, sectors=8)
    assert score.entropy == 0
    assert math.copysign(1, score.entropy) == 1


def test_one_sector_alone_cannot_be_scored():
    with pytest.raises(ValueError, match="two sectors"):
        distribution(["a"], sectors=1)
