"""Folds text so that names are found however they are typed, and keeps the way back to the original.

Folding keeps the length of NFC text: case, final sigma and final Hebrew letters, dotless i, the comma or
cedilla of Romanian, and the letters that Arabic, Persian and Urdu keyboards put for one another. Text that
is not NFC is composed first, cluster by cluster.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SURROGATES = re.compile("[\ud800-\udfff]")
SAME: Mapping[int, str] = str.maketrans(
    {
        "’": "'", "ʼ": "'", "‘": "'", "ʻ": "'", "＇": "'", "`": "'", "‐": "-", "‑": "-", "–": "-",
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\n": " ", "\t": " ",
        "ı": "i", "ς": "σ", "ё": "е",
        "ן": "נ", "ם": "מ", "ך": "כ", "ף": "פ", "ץ": "צ", "״": '"',
        "׳": "'", "־": "-", "ț": "ţ", "ș": "ş",
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ة": "ه", "ە": "ه", "ہ": "ه",
        "ھ": "ه", "ک": "ك",
    }
)  # fmt: skip


def fold(text: str) -> str:
    """`text`, which is NFC, with everything that does not tell names apart folded away. Same length.

    Lone surrogates, which no automaton takes, become replacement characters.
    """
    return SURROGATES.sub("\ufffd", text.replace("İ", "i").lower().translate(SAME))


@dataclass(frozen=True, slots=True)
class Folded:
    """A text and its folded form: `folded[i]` stands for `text[starts[i]:starts[i + 1]]`; no `starts`: one to
    one.
    """

    text: str
    folded: str
    starts: Sequence[int] | None = None

    @classmethod
    def of(cls, text: str) -> "Folded":
        """Folds any string."""
        if unicodedata.is_normalized("NFC", text):
            return cls(text, fold(text))
        composed, starts = _compose(text)
        return cls(text, fold(composed), starts)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `folded[start:end]` stands in `text`. Offsets in characters."""
        return (start, end) if self.starts is None else (self.starts[start], self.starts[end])


def _compose(text: str) -> tuple[str, list[int]]:
    """NFC of `text`, and for each of its characters (and its end) the offset in `text` where that one starts.

    Composition happens within a cluster, a starter with what follows until the next starter that nothing
    composes with: NFC of the clusters, put together, is NFC of the whole.
    """
    pieces: list[str] = []
    starts: list[int] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and _continues(text[end]):
            continue
        piece = unicodedata.normalize("NFC", text[start:end])
        pieces.append(piece)
        starts.extend(min(start + offset, end - 1) for offset in range(len(piece)))
        start = end
    return "".join(pieces), [*starts, len(text)]


def _continues(character: str) -> bool:
    """Whether it may compose with, or be reordered before, what precedes it: marks, and Hangul vowels and
    finals.
    """
    return unicodedata.category(character)[0] == "M" or "\u1160" <= character <= "\u11ff"
