"""Short answers as words that can be compared: one script form, one case, no articles, no punctuation."""

import re
import unicodedata
from functools import cache

BREAK = "|"
"""Stands in a list of words where one thing ends and another may begin."""

_CONJUNCTIONS = {
    "am": "እና ወይም",
    "ar": "و أو او",
    "as": "আৰু বা",
    "az": "və ya",
    "el": "και",
    "en": "and or plus",
    "es": "y e o u",
    "fa": "و یا",
    "id": "dan atau",
    "ko": "그리고 또는 및",
    "su": "jeung sareng atawa",
}
_ENDS = re.compile(r"[,;/|·•\n،؛、，；。।۔።፣፤!?？！]+|\.(?=\s|$)|[&+]|\s[-–—]+\s")
_NUMERALS = (
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
    (re.compile(r"(?<=\d)/(?=\d)"), "-"),
    (re.compile(r"(?<![\d.])0+(?=\d)"), ""),
    (re.compile(r"(?<=\d)\.0+(?![\d.])"), ""),
)
_ARTICLES = frozenset({"a", "an", "the"})
_DROPPED = dict.fromkeys(map(ord, "\u0301\u0307\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670"))
# Arabic letters that Persian writes otherwise; the zero-width non-joiner parts words.
_UNIFIED = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "أ": "ا", "إ": "ا", "\u200c": " ", "\u200b": " "})
# Thai, Lao, Myanmar, Khmer, kana, Han: no spaces between words, so that each letter is taken as one.
_UNSPACED = re.compile(
    r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)


def words_of(text: str, language: str) -> list[str]:
    """The words of a text, with BREAK where a list or a sentence goes on to something else.

    NFKC, casefold, no accents of stress, digits of every script as ours; punctuation and English articles go,
    English plurals become singulars; scripts without spaces are taken letter by letter.

    Args:
        text: a reply, an answer or a question.
        language: its BCP 47 tag, for articles, plurals and conjunctions.
    """
    english = language.split("-")[0] == "en"
    parts = _ENDS.split(_plain(text.replace("&", " and ") if english else text))
    found = [word for part in parts for word in [*_split(part), BREAK]]
    return _english(found) if english else found


@cache
def conjunctions(language: str) -> frozenset[str]:
    """The words that join the things of a list, as `words_of` writes them."""
    listed = _CONJUNCTIONS.get(language.split("-")[0], "")
    return frozenset(word for word in words_of(listed, language) if word != BREAK)


def is_letter(word: str) -> bool:
    """Whether this is a letter of a script without spaces, and no whole word."""
    return _UNSPACED.fullmatch(word) is not None


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text)).translate(_DROPPED)
    told = unicodedata.normalize("NFKC", bare).translate(_UNIFIED).casefold()
    told = "".join(map(_digit, told.replace("'", "").replace("’", "")))
    # 1,000 is one number and 10/05 no choice between two; 07:30 is 7:30, and 2.0 is 2.
    for pattern, instead in _NUMERALS:
        told = pattern.sub(instead, told)
    return told


def _digit(letter: str) -> str:
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)


def _split(part: str) -> list[str]:
    # What stands between two digits belongs to a number: 7:30 is not 7.
    kept = re.sub(r"(?<=\d)[-.:](?=\d)", "\0", part)
    letters = (one if one == "\0" or unicodedata.category(one)[0] in "LMN" else " " for one in kept)
    return _UNSPACED.sub(r" \1 ", "".join(letters)).replace("\0", ":").split()


def _english(words: list[str]) -> list[str]:
    told = [_singular(word) for word in words if word not in _ARTICLES]
    # Of "A" nothing would be left, and it is a grade.
    return told if any(word != BREAK for word in told) else words


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
