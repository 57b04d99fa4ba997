"""Sentences out of a text that is still being written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.guard.sentences import LONGEST, Sentences


def cut(*pieces: str) -> list[str]:
    sentences = Sentences()
    return [*(one for piece in pieces for one in sentences.feed(piece)), sentences.end()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two", ["One.", " Two"]),
        ("It costs 3.50 here. Yes", ["It costs 3.50 here.", " Yes"]),
        ('He said "no." She', ['He said "no."', " She"]),
        ("敬う。礼をする。次", ["敬う。", "礼をする。", "次"]),
        ("वह आया। वह गया", ["वह आया।", " वह गया"]),
        ("هل جاء؟ نعم", ["هل جاء؟", " نعم"]),
        ("View: a\nReasons: b", ["View: a\n", "Reasons: b"]),
        ("Wait... what", ["Wait...", " what"]),
        ("\n\n", ["\n\n"]),
        ("", [""]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert cut(text) == expected
    assert [one for one in cut(*text) if one] == [one for one in expected if one]


def test_a_stop_counts_when_it_is_known_to_be_one() -> None:
    sentences = Sentences()
    assert sentences.feed("It costs 3.") == []
    assert sentences.feed("5") == []
    assert sentences.feed("0. ") == ["It costs 3.50."]


def test_what_never_ends_is_cut_at_a_space() -> None:
    first, *others = cut("word " * 200)
    assert len(first) <= LONGEST
    assert first.endswith(" ")
    assert len(others) > 1
    assert max(map(len, cut("x" * 2_000))) <= LONGEST


@pytest.mark.parametrize("filler", ["word ", "文字", "x"])
def test_no_sentence_is_longer_than_what_is_read_wherever_an_end_comes(filler: str) -> None:
    text = f"{filler * 1_300}. And so on. Next"
    found = cut(text)
    assert "".join(found) == text
    assert max(map(len, found)) <= LONGEST
    assert " And so on." in found


@given(st.lists(st.text(alphabet="ab. 。\n!\"'")))
def test_nothing_is_lost_or_reordered(pieces: list[str]) -> None:
    assert "".join(cut(*pieces)) == "".join(pieces)
