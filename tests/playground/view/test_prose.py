"""A model's words as HTML: shaped, directed, harmless."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.view.prose import prose

KNOWN = "p|strong|em|s|ul|ol|li|h[4-6]|blockquote|pre|code|hr|br|table|thead|tbody|tr|th|td"
ATTRIBUTES = r' (?:dir="(?:ltr|rtl)"|start="\d+"|style="text-align:\w+"|class="language-[^"<>]*")'
TAG = re.compile(rf"</?(?:{KNOWN})(?:{ATTRIBUTES})* ?/?>")


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "**<b onmouseover=x>**",
        "```<script>\nx\n```",
        "`<i>`",
        "| <a> |\n|---|\n| <b> |",
        "&lt;script&gt;",
    ],
)
def test_nothing_that_a_model_writes_becomes_a_tag(evil: str) -> None:
    assert "<" not in TAG.sub("", prose(evil))


@given(st.text(alphabet=st.sampled_from("<>&\"'`*_#-|![]() \nab1.)א")))
def test_nor_does_anything_else(text: str) -> None:
    assert not set("<>") & set(TAG.sub("", prose(text)))


@pytest.mark.parametrize(
    "far", ["![x](http://evil.example/x.png)", "[x](http://evil.example)", "<http://evil.example>"]
)
def test_addresses_stay_words(far: str) -> None:
    shown = prose(far)
    assert "evil.example" in shown
    assert not re.search(r"(src|href)=", shown)


def test_each_block_runs_in_its_own_direction() -> None:
    shown = prose("Hello there.\n\nשלום לכולם.\n\n- مرحبا\n- أهلا", "ar")
    assert re.findall(r'<(p|ul) dir="(\w+)"', shown) == [("p", "ltr"), ("p", "rtl"), ("ul", "rtl")]


def test_where_no_letter_decides_the_language_does() -> None:
    assert prose("1 … 2", "ur").startswith('<p dir="rtl">')


def test_headings_stay_below_the_pages() -> None:
    assert prose("# One").startswith("<h4")
    assert prose("###### Six").startswith("<h6")
