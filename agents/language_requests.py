"""In which language a text asks for words: "Always answer in German.", "Напиши по-японски".

Who names a language has not asked for it: "How do Japanese speakers greet?" is found by nothing here. What is
found may be asked for one word of the answer alone ("How do you say that in German?"): so the model is told
to see for itself (`answer_language.py`), and no language is imposed on it.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from agents.cultures.tags import fallbacks, likely, locale_of, parse_tag
from agents.detect.fold import fold
from agents.detect.language import LanguageDetector, excerpt, kindred

SEEN = 4_000  # characters of a text that are looked at: people say what they want early or late
NUKTA = "\u093c"  # the dot of अंग्रेज़ी, which many leave out


class LanguageRequests:
    """Finds in a text the languages in which it asks for words: "in German", "по-немецки". Thread-safe.

    `spoken`: the tags of the languages whose names are known. The words around them are those of
    `language_requests.toml`; a text in another language than these asks for none.
    """

    def __init__(self, detector: LanguageDetector, spoken: Iterable[str]) -> None:
        self._detector = detector
        self._spoken = {tag.partition("-")[0] for tag in spoken}
        self._tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
        self._frames: dict[str, _Frames] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of texts that are understood, sorted."""
        return tuple(sorted(self._tables))

    def other_than(self, language: str, texts: Iterable[str]) -> bool:
        """Whether one of these texts asks for words in another language than `language` (BCP-47)."""
        return any(_another(tag, language) for text in texts for tag in self.find(text, language))

    def find(self, text: str, language: str | None = None) -> set[str]:
        """The tags of the languages that a text asks for; `language`: what it may be in, beside English."""
        looked = excerpt(text, SEEN)
        present = (share.tag for share in self._detector.detect(looked).shares)
        near = {kin for tag in (*present, language or "en", "en") for kin in kindred(tag)}
        tables = {table for tag in near if (table := self._table(tag))}
        return {tag for table in tables for tag in self._compiled(table).find(looked)}

    def _table(self, tag: str) -> str | None:
        return next((one for one in fallbacks(tag) if one in self._tables), None)

    def _compiled(self, language: str) -> "_Frames":
        if language not in self._frames:
            self._frames[language] = _Frames(language, self._tables[language], self._spoken)
        return self._frames[language]


class _Frames:
    """What one language puts around the name of a language to ask for words in it."""

    def __init__(self, language: str, table: Mapping[str, Any], spoken: set[str]) -> None:
        locale = locale_of(language)
        named = {
            name: tag.replace("_", "-")
            for tag, name in (locale.languages if locale else {}).items()
            if tag.partition("_")[0] in spoken
        }
        less = re.compile(_folded(table.get("less", r"(?!)")))
        self._tags = {
            less.sub("", _folded(name)): tag for name, tag in (named | table.get("also", {})).items()
        }
        listed = "|".join(re.escape(name) for name in sorted(self._tags, key=len, reverse=True))
        end = rf"(?=\s*(?:$|[^\w\s'-])| (?:{'|'.join(table.get('follows', '').split())})\b)"
        self._patterns = [
            re.compile(_folded(frame).replace("{end}", end).replace("{name}", f"({listed})"))
            for frame in table["frames"]
        ]

    def find(self, text: str) -> set[str]:
        """The tags of the languages that are asked for."""
        lines = [_folded(line) for line in text.splitlines()]
        return {
            self._tags[found[1]]
            for line in lines
            for pattern in self._patterns
            for found in pattern.finditer(line)
        }


def _folded(text: str) -> str:
    return fold(unicodedata.normalize("NFC", text)).replace(NUKTA, "")


def _another(asked: str, language: str) -> bool:
    """Whether what is asked for is no form of `language`: `zh-Hant` is none of `zh`, `en-GB` one of `en`."""
    (one, script), (other, its_script) = _written(asked), _written(language)
    return one != other or ("-" in asked and script != its_script)


def _written(tag: str) -> tuple[str, str | None]:
    parsed = parse_tag(tag)
    full = likely(parsed) if parsed else None
    return (full.language, full.script) if full else (tag, None)
