"""How many words has a text? Counted alike in every language, so that texts can be compared by length."""

import re
import unicodedata

from agents.detect.script import SCRIPTS, UNSPACED

PAIRS = frozenset({"Hani", "Hira", "Kana", "Bopo", "Yiii"})


class Words:
    """Counts words. Compiles its pattern once, when made. Thread-safe."""

    def __init__(self) -> None:
        pairs, others = _letters(PAIRS), _letters(UNSPACED - PAIRS)
        spaced = rf"(?![{pairs}{others}])[\w{_letters(SCRIPTS.keys() - UNSPACED)}\u200d]"
        self._word = re.compile(
            rf"[{pairs}]{{1,2}}"
            rf"|(?:(?=\w)[{others}](?:(?!\w)[{others}])*){{1,3}}"
            rf"|(?:{spaced})+(?:['’ʼʻ.,](?:{spaced})+)*"
        )

    def count(self, text: str) -> int:
        """Runs of letters, their marks and digits; an apostrophe, a point or a comma within parts none.

        Where no space parts words, a word is two letters (Han and kana, as most words of Chinese) or three
        (Thai, Lao, Khmer, Burmese, Tibetan; vowel signs and tones are marks); what is left of a run is one.
        """
        return sum(1 for _ in self._word.finditer(unicodedata.normalize("NFC", text)))


def _letters(scripts: "frozenset[str] | set[str]") -> str:
    """The letters of these scripts, as the inside of a regular expression's class."""
    return "".join(SCRIPTS[script] for script in sorted(scripts))
