"""The header Accept-Language, as clients send it and as they should not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.accept_language import LONGEST, MOST, locales


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, ()),
        ("", ()),
        ("ja", ("ja",)),
        ("pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7", ("pt-BR", "pt", "en-US", "en")),
        ("en;q=0.1, ja", ("ja", "en")),
        ("da, en ; q=0.5 ,sv;Q=0.500", ("da", "en", "sv")),
        ("zh-Hant-TW;q=1.000", ("zh-Hant-TW",)),
        ("JA, en;q=0.5, ja;q=0.1", ("JA", "en")),
        ("*;q=0.5, de-AT;q=0, it", ("it",)),
        ("de;q=2, fr;q=abc, es;q=0.1234, nl;q=-1, it", ("it",)),
        (",,;q=1,ja;q=,é,a b,ja_JP,abcdefghi, ko", ("ko",)),
    ],
)
def test_what_is_wanted_most_comes_first_and_what_is_malformed_is_left_out(header, wanted):
    assert locales(header) == wanted


def test_it_is_read_within_bounds():
    many = ",".join(f"ja-x{number}" for number in range(5_000))
    assert locales(many) == tuple(f"ja-x{number}" for number in range(MOST))
    cut = "*," * (LONGEST // 2 - 1) + "japanese"
    assert locales(cut) == (), "a tag that is cut in two is none"


@given(st.text(max_size=3_000))
def test_anything_gives_a_few_tags(header):
    found = locales(header)
    assert len(found) <= MOST
    assert all(tag in header for tag in found)
