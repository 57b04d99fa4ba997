"""What languages are called, and in which direction a text runs."""

import unicodedata
from functools import lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError

Direction = Literal["ltr", "rtl"]

_FAR_ENOUGH = 2_000
"""Characters that are looked at: a text that has begun in one script seldom changes its mind later."""


def direction(text: str, tag: str = "") -> Direction:
    """The direction of most of a text's letters; of a text without any, that of the language `tag`.

    Browsers' own `dir="auto"` asks the first letter alone, and turns an Arabic paragraph that begins with a
    foreign name the wrong way round.
    """
    right = left = 0
    for letter in text[:_FAR_ENOUGH]:
        kind = unicodedata.bidirectional(letter)
        right += kind in {"R", "AL"}
        left += kind == "L"
    if right == left:
        return language_direction(tag)
    return "rtl" if right > left else "ltr"


def language_direction(tag: str) -> Direction:
    """The direction in which a language is written, by CLDR; left to right where it is not known."""
    locale = _locale(tag)
    return "rtl" if locale and locale.text_direction == "rtl" else "ltr"


def language_name(tag: str, shown_in: str = "en") -> str:
    """What a language is called in another one: its tag where CLDR has no name for it."""
    locale = _locale(tag)
    name = locale.get_display_name(shown_in) if locale else None
    return str(name or tag)


def own_name(tag: str) -> str:
    """What a language calls itself."""
    return language_name(tag, tag)


def territory_name(code: str) -> str:
    """What a territory of ISO 3166 is called in English: its code where CLDR has no name for it."""
    return str(Locale("en").territories.get(code, code))


@lru_cache(maxsize=512)
def _locale(tag: str) -> Locale | None:
    """The locale of a language tag, or of its language alone where nobody described the whole."""
    for part in dict.fromkeys((tag, tag.partition("-")[0])):
        try:
            return Locale.parse(part, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None
