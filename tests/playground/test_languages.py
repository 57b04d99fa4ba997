"""Directions and names."""

import pytest

from playground.languages import direction, language_direction, language_name, own_name, territory_name


@pytest.mark.parametrize(
    ("text", "tag", "expected"),
    [
        ("How are you?", "en", "ltr"),
        ("كيف حالك؟", "ar", "rtl"),
        ("מה שלומך?", "he", "rtl"),
        ("آپ کیسے ہیں؟", "ur", "rtl"),
        ("お元気ですか", "ja", "ltr"),
        ("Kyoto مدينة في اليابان يزورها الناس", "en", "rtl"),  # the first letter alone would mislead
        ("The word سلام means peace", "ar", "ltr"),
        ("12 … 34", "ur", "rtl"),  # no letter at all: the language decides
        ("", "fr", "ltr"),
        ("", "no-such-language", "ltr"),
    ],
)
def test_the_direction_is_that_of_most_letters(text: str, tag: str, expected: str) -> None:
    assert direction(text, tag) == expected


@pytest.mark.parametrize("tag", ["ar", "he", "ur", "fa", "ps", "ckb", "ar-EG"])
def test_languages_that_are_written_from_the_right(tag: str) -> None:
    assert language_direction(tag) == "rtl"


def test_names() -> None:
    assert language_name("ja") == "Japanese"
    assert own_name("ur") == "اردو"
    assert language_name("xx-unknown") == "xx-unknown"
    assert territory_name("JP") == "Japan"
    assert territory_name("hausa") == "hausa"
