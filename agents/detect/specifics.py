"""Which checkable things does a text name? Practices, texts, persons, festivals, …: `data/specifics.tsv`.

They count for the score; `implicit.Cues` reads them beside `data/cues.tsv`, the same way.
"""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import ahocorasick_rs

from agents.detect.boundary import HANGUL, Boundaries, bounded
from agents.detect.cldr import shares
from agents.detect.fold import Folded, fold
from agents.detect.inflection import ENGLISH, Inflection
from agents.detect.lexicon import FUSIONAL
from agents.detect.mentions import Mention
from agents.detect.script import Scripts
from agents.detect.tables import cells, rows

PLAIN = 6  # letters from which a Latin name counts without its diacritics as well
LONG = 6  # letters from which a stem takes any ending of the text's language, and is still no other word
OPEN = "*"  # after a name: any ending may follow
NOT = "!"  # before a list of languages: in texts of these the name is another word


class _Languages(NamedTuple):
    """The languages in which a name counts (none: in all), or, if `barred`, those in which it does not."""

    tags: frozenset[str]
    barred: bool

    def hold(self, language: str | None) -> bool:
        """Whether the name counts in a text in `language`; None, unknown, is none of `tags`."""
        return not self.tags or (language in self.tags) != self.barred


class _Name(NamedTuple):
    """A name as `fold` leaves it, `stem + ending`, and each culture's part in it.

    `capital`: needs one. `open`: any ending may follow it. `languages` limits the texts in which it counts.
    """

    stem: str
    ending: str
    classes: str
    kind: str
    cultures: tuple[tuple[str, float], ...]
    capital: bool
    open: bool
    languages: _Languages


class Specifics:
    """Finds the names of `specifics.tsv`, or of other tables of its form. Thread-safe."""

    def __init__(self, tables: Sequence[str] = ("specifics",)) -> None:
        self._script_of = lru_cache(maxsize=1024)(Scripts().main)
        self._inflection = Inflection()
        self._boundaries = Boundaries()
        self._by_stem: dict[str, list[_Name]] = {}
        for name in chain.from_iterable(map(self._read, tables)):
            self._by_stem.setdefault(name.stem, []).append(name)
        self._stems = list(self._by_stem.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(self._by_stem), store_patterns=False)

    def find(self, text: str, *, language: str | None = None) -> tuple[Mention, ...]:
        """The names in `text`, in order, of those that overlap the leftmost, longest one.

        `language` (BCP-47) is the text's, if known: names take its endings too, some count only in it.
        A shared name gives one mention for each of its cultures. Of a text that is little but names, only the
        first and last `boundary.MATCHES // 2` are looked at.
        """
        view = Folded.of(text)
        base = language.partition("-")[0] if language else None
        found: list[tuple[int, int, _Name]] = []
        for index, start, end in bounded(
            self._automaton.find_matches_as_indexes(view.folded, overlapping=True)
        ):
            found.extend(self._candidates(view, self._stems[index], start, end, base))
        return tuple(_mentions(view, found))

    def _candidates(
        self, view: Folded, names: list[_Name], start: int, end: int, language: str | None
    ) -> Iterator[tuple[int, int, _Name]]:
        left, right = self._boundaries.around(view.folded, start, end)
        if left and left not in self._inflection.prefixes(language):
            return
        stop = end if right and self._boundaries.sort(right[0]) == HANGUL else end + len(right)
        small = view.text[view.span(start, end)[0]].islower()
        for name in names:
            counts = name.languages.hold(language) and not (small and name.capital)
            if counts and (right == name.ending or name.open or self._inflects(name, right, language)):
                yield start, stop, name

    def _inflects(self, name: _Name, right: str, language: str | None) -> bool:
        """Whether `right` may end the name: by its own classes, or as the text's language ends it."""
        if self._inflection.fits(right, name.ending, name.classes):
            return True
        spoken = self._inflection.classes(language) if language else frozenset()
        taken = spoken if len(name.stem) >= LONG else spoken - FUSIONAL
        return self._inflection.fits(right, name.ending, "".join(sorted(taken)))

    def _read(self, table: str) -> Iterator[_Name]:
        for kind, share, listed, *limit in rows(table):
            tags = limit[0] if limit else ""
            languages = _Languages(frozenset(cells(tags.removeprefix(NOT))), tags.startswith(NOT))
            given = shares(share)
            cultures = tuple((culture, part or 1 / len(given)) for culture, part in given)
            # The small spelling comes last and stays: it counts with a capital as well.
            spelt = {fold(one): one for name in sorted(cells(listed)) for one in _spellings(name)}
            for key, name in spelt.items():
                classes = "".join(sorted(self._inflection.at_home(self._script_of(key)) | {ENGLISH}))
                open_ = key.endswith(OPEN)
                stem, ending = (key[:-1], "") if open_ else self._inflection.stem(key, classes)
                yield _Name(stem, ending, classes, kind, cultures, name[0].isupper(), open_, languages)


def longest(mentions: Sequence[Mention], specifics: Sequence[Mention]) -> list[Mention]:
    """Both, in order; of two that overlap the longer one, or the specific where both are as long."""
    kept = [
        one
        for one in specifics
        if all(other.end - other.start <= one.end - one.start for other in _over(one, mentions))
    ]
    rest = (one for one in mentions if not _over(one, kept))
    return sorted((*kept, *rest), key=lambda one: (one.start, one.end))


def _over(one: Mention, others: Sequence[Mention]) -> Sequence[Mention]:
    """Which of `others`, in order and none over another, share a character with `one`."""
    first = bisect_right(others, one.start, key=lambda other: other.end)
    return others[first : bisect_left(others, one.end, key=lambda other: other.start)]


def _spellings(name: str) -> Iterable[str]:
    """The name, and if it is long and Latin also without its diacritics."""
    composed = unicodedata.normalize("NFC", name)
    letters = (one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one))
    plain = "".join(letters)
    return (composed, plain) if plain.isascii() and len(plain) >= PLAIN else (composed,)


def _mentions(view: Folded, found: list[tuple[int, int, _Name]]) -> Iterator[Mention]:
    covered = -1
    for start, end, name in sorted(found, key=lambda one: (one[0], -one[1])):
        if start >= covered:
            covered = end
            first, last = view.span(start, end)
            for culture, part in name.cultures:
                yield Mention(view.text[first:last], first, last, culture, name.kind, part)
