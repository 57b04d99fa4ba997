"""Words that tell what a text is about or wants, in some fifty languages: the tables of `TABLES`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

import ahocorasick_rs

from agents.detect.boundary import Boundaries, bounded
from agents.detect.fold import Folded, fold
from agents.detect.inflection import Inflection
from agents.detect.script import Scripts
from agents.detect.tables import cells, rows

# Classes of inflection whose short endings would make other words of words; their forms are listed.
FUSIONAL = frozenset("cgrfiosbkl")
ANY = "*"  # instead of a language: the word counts in texts of all
OWN = "!"  # after a language: the word counts in no text whose language is unknown
TABLES = ("life", "signals", "universal")


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of `language` that is evidence of `kind`. `open`: any ending may follow it.

    `own`: it counts in texts in its language alone, not in those whose language nobody knows.
    """

    kind: str
    language: str
    open: bool
    own: bool


class Lexicon:
    """Finds the words of all kinds in one pass. Thread-safe."""

    def __init__(self, listed: Iterable[Sequence[str]] | None = None) -> None:
        """`listed`: kind, language and words of each row; without, those of `TABLES`."""
        self._scripts = Scripts()
        self._boundaries = Boundaries()
        self._inflection = Inflection()
        self._classes = cache(self._agglutinative)
        self._words: dict[str, list[_Word]] = {}
        shipped = chain.from_iterable(map(rows, TABLES))
        for kind, language, words in shipped if listed is None else listed:
            for cell in cells(words):
                word = _Word(kind, language.rstrip(OWN), cell.endswith("*"), language.endswith(OWN))
                self._words.setdefault(fold(cell.rstrip("*")), []).append(word)
        self._languages = frozenset(word.language for words in self._words.values() for word in words)
        self._list = list(self._words.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(self._words), store_patterns=False)

    def find(self, text: str, *, language: str | None = None) -> Mapping[str, frozenset[str]]:
        """Kind -> the distinct words of that kind in `text`, folded. Kinds: the first column of the tables.

        `language` (BCP-47) is the text's: only its words count, if it has any. Else those of all
        languages count, but those marked with `OWN`.
        """
        view = Folded.of(text)
        found: dict[str, set[str]] = {}
        for kind, start, end in self.spans(view, language=language):
            found.setdefault(kind, set()).add(view.folded[start:end])
        return {kind: frozenset(forms) for kind, forms in found.items()}

    def spans(self, view: Folded, *, language: str | None = None) -> Iterator[tuple[str, int, int]]:
        """The kind of each word in a text, its start and end in `view.folded`. `language`: as in `find`."""
        base = language.partition("-")[0] if language else None
        spoken = base if base in self._languages else None
        for index, start, end in bounded(
            self._automaton.find_matches_as_indexes(view.folded, overlapping=True)
        ):
            for kind in self._kinds(view.folded, self._list[index], start, end, spoken):
                yield kind, start, end

    def _kinds(
        self, text: str, words: list[_Word], start: int, end: int, spoken: str | None
    ) -> Iterator[str]:
        spoken_words = [
            word for word in words if (not word.own if spoken is None else word.language in (spoken, ANY))
        ]
        if not spoken_words:
            return
        left, right = self._boundaries.around(text, start, end)
        if left and left not in self._inflection.prefixes(spoken):
            return
        for word in spoken_words:
            if not right or word.open or self._inflects(word, right):
                yield word.kind

    def _inflects(self, word: _Word, right: str) -> bool:
        return self._inflection.fits(right, "", self._classes(word.language), word.language)

    def _agglutinative(self, language: str) -> str:
        """The language's classes of inflection whose endings make no other words of words."""
        return "".join(sorted(self._inflection.classes(language) - FUSIONAL))
