"""Character n-grams by hand; whatever is in a text, they are numbers."""

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.detect.ngrams import BUCKETS, ngrams


def bucket(gram: str) -> int:
    return crc32(gram.encode()) % BUCKETS


def test_by_hand():
    """ " ab " twice: its nine n-grams, the space counted on both sides."""
    buckets, weights = ngrams("Ab\n aB")
    grams = {" ": 4, "a": 2, "b": 2, " a": 2, "ab": 2, "b ": 2, " ab": 2, "ab ": 2, " ab ": 2}
    assert buckets.tolist() == sorted(map(bucket, grams))
    raw = np.array([1 + np.log(grams[one]) for one in sorted(grams, key=bucket)])
    assert weights == pytest.approx(raw / np.linalg.norm(raw), rel=1e-5)


def test_numbers_and_widths_are_all_alike():
    for one, other in (("1998 years", "7 years"), ("ＡＢ", "ab"), ("a  b", "a b")):
        assert [ours.tolist() for ours in ngrams(one)] == [theirs.tolist() for theirs in ngrams(other)]


def test_no_word_is_no_ngram():
    assert [len(one) for one in ngrams(" \t\n")] == [0, 0]


@given(st.text(st.characters(), max_size=60))  # lone surrogates, too
def test_any_text_has_finite_weights_of_length_one(text):
    buckets, weights = ngrams(text)
    assert len(buckets) == len(weights) == len(set(buckets.tolist()))
    assert not len(weights) or np.linalg.norm(weights) == pytest.approx(1, rel=1e-4)
