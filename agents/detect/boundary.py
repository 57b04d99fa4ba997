"""Where words begin and end, in scripts with spaces and without."""

import re
import unicodedata
from functools import lru_cache

from agents.detect.script import SCRIPTS, UNSPACED

LONGEST = 16  # letters of a word that are looked at beyond the name in it
SHORT_KANA = 3  # a name of so few kana is taken for one only when no other kana touches it
MATCHES = 1_000  # raw matches of an automaton that are looked at
LETTER, LATIN, JOINED, HANGUL, UNSPACED_LETTER, NONE = "letter", "latin", "joined", "hangul", "unspaced", ""
SPACED = frozenset({LETTER, LATIN})  # a Latin letter before an Arabic word is a slip, not a part of it

Match = tuple[int, int, int]  # index of the pattern, start and end in the text


def bounded(matches: list[Match]) -> list[Match]:
    """The first and last `MATCHES // 2` matches of a text that is little else, all of any other."""
    half = MATCHES // 2
    return matches if len(matches) <= MATCHES else matches[:half] + matches[-half:]


class Boundaries:
    """Finds what is written together with a name. Compiles its patterns once, when made."""

    def __init__(self) -> None:
        self._unspaced = re.compile(f"[{''.join(SCRIPTS[script] for script in sorted(UNSPACED))}]")
        self._katakana = re.compile(f"[{SCRIPTS['Kana']}]+")
        self._latin = re.compile(f"[{SCRIPTS['Latn']}]")
        self._hangul = re.compile(f"[{SCRIPTS['Hang']}]")
        self.sort = lru_cache(maxsize=8192)(self._sort)

    def around(self, text: str, start: int, end: int) -> tuple[str, str]:
        """What continues the word left and right of `text[start:end]`; both empty where it is a whole word.

        In scripts without spaces nothing continues a name, save that katakana continue a short katakana name.
        """
        first, last = self.sort(text[start]), self.sort(text[end - 1])
        if first == last == UNSPACED_LETTER:
            return self._around_kana(text, start, end)
        before, after = start, end
        while before > max(0, start - LONGEST) and _continues(first, self.sort(text[before - 1])):
            before -= 1
        while after < min(len(text), end + LONGEST) and _continues(last, self.sort(text[after])):
            after += 1
        return text[before:start], text[end:after]

    def _around_kana(self, text: str, start: int, end: int) -> tuple[str, str]:
        if end - start > SHORT_KANA or not self._katakana.fullmatch(text, start, end):
            return "", ""
        left, right = text[max(0, start - 1) : start], text[end : end + 1]
        return left if self._katakana.match(left) else "", right if self._katakana.match(right) else ""

    def _sort(self, character: str) -> str:
        """Letters of one sort continue each other's words; those of scripts without spaces nobody's."""
        mark = character in "_\u200d" or unicodedata.category(character)[0] == "M"
        if not (character.isalnum() or mark):
            return NONE
        if self._unspaced.match(character):
            return UNSPACED_LETTER
        if self._hangul.match(character):
            return HANGUL
        if mark or not character.isalpha():
            return JOINED
        return LATIN if self._latin.match(character) else LETTER


def _continues(sort: str, other: str) -> bool:
    """Whether what is of these sorts makes one word; digits and marks go with letters of either sort."""
    if JOINED in (sort, other):
        return {sort, other} <= SPACED | {JOINED}
    return sort == other != NONE
