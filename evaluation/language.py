"""In which language is an answer? py3langid (Lui and Baldwin 2012), no kin of what the service uses."""

import re

from babel import Locale
from py3langid import classify

KIN = (
    {"zh", "wuu", "yue"},
    {"ar", "ary", "arz"},
    {"id", "ms"},
    {"no", "nn"},
    {"hr", "bs", "sr"},
    {"fa", "pnb"},
)
"""Names that short texts do not tell apart: one language here."""

_READ = 2_000  # characters
_HAN = re.compile(r"[\u3400-\u9fff]+")
_FEW_HAN = re.compile(r"[\u3400-\u9fff]{1,8}[。.]?")


def language_of(text: str) -> str | None:
    """The likeliest language of most of the text; None where there are no letters to tell it by."""
    if not any(letter.isalpha() for letter in text):
        return None
    if _HAN.fullmatch("".join(filter(str.isalpha, text))):
        return "zh"  # Japanese of more than a few words has kana
    return str(classify(text[:_READ])[0])


def english_name(tag: str) -> str:
    """The English name of a language, such as "Japanese" of "ja"; the tag where CLDR has none."""
    return str(Locale("en").languages.get(tag.partition("-")[0].lower(), tag))


def is_in(text: str, tag: str) -> bool:
    """Whether the text is in the language of this BCP 47 tag, or in one that goes by the same name.

    A few Han letters and nothing else are both Chinese and Japanese.
    """
    language = tag.partition("-")[0].lower()
    if language in {"zh", "ja"} and _FEW_HAN.fullmatch(text.strip()):
        return True
    found = language_of(text)
    return found == language or any({found, language} <= kin for kin in KIN)
