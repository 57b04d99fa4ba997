"""Which cultures does a text name? Territories, subdivisions, cities, peoples, languages, faiths, holidays.

An Aho-Corasick automaton (`ahocorasick_rs`) finds the stems of all names at once; boundaries, inflection,
case and homographs then decide, and the leftmost, longest name wins. Source of names: `data/README.md`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from types import MappingProxyType

import ahocorasick_rs
from rapidfuzz import fuzz, process

from agents.detect.boundary import HANGUL, Boundaries, bounded
from agents.detect.fold import Folded
from agents.detect.gazetteer import ANYBODY, NOBODY, Gazetteer, Name
from agents.detect.homograph import Appearance, Homographs
from agents.detect.inflection import ARTICLE, ENGLISH, Inflection
from agents.detect.script import Scripts

BEFORE = 16  # characters before a name that may hold the word that settles a doubt
TO_THE = "لل"  # Arabic: the preposition swallows the first letter of the article
SMALL = 5  # letters from which a name that is handed in counts in lower case
NO_PLACES = frozenset({"people", "language"})  # what a word of place says nothing about
UNMISTAKABLE = 7  # letters of a stem from which a name is no other language's common word
NOWHERE = frozenset({NOBODY, ANYBODY})
ALIKE = 82.0  # rapidfuzz score (0..100) from which a name resembles another


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text: `text[start:end]` (characters), as written, and the culture it names.

    `kind` is territory, subdivision, city, area, people, language, religion or holiday. `weight` (0..1]: the
    culture's part in a shared name, and half of it where the name is doubtful. A shared name gives one
    mention for each of its cultures. `culture` is empty where the name is many cultures', as Islam is.
    """

    text: str
    start: int
    end: int
    culture: str
    kind: str
    weight: float
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class _Text:
    """A text to look through.

    `language`: its primary tag; `shouted`: all in capitals, which then mean nothing.
    """

    view: Folded
    language: str | None
    shouted: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    """`kept`: how much of the name stands in the text unchanged."""

    start: int
    end: int
    name: Name
    part: float
    kept: int


class Mentions:
    """Finds and looks up names. Thread-safe.

    `names` adds names: culture id -> names, in any language. Who bears one of them here bears it alone.
    """

    def __init__(self, names: Mapping[str, Iterable[str]] = MappingProxyType({})) -> None:
        self._script_of = lru_cache(maxsize=4096)(Scripts().main)
        self._inflection = Inflection()
        self._boundaries = Boundaries()
        self._homographs = Homographs()
        given = list(self._given(names))
        self._gazetteer = Gazetteer(frozenset(name.stem + name.ending for name in given))
        self._own: dict[str, list[Name]] = {}
        for name in chain(given, self._phrases()):
            self._own.setdefault(name.stem, []).append(name)
        self._stems = list(dict.fromkeys((*self._own, *self._gazetteer.stems())))
        self._names = lru_cache(maxsize=4096)(self._with_stem)
        self._automaton = ahocorasick_rs.AhoCorasick(self._stems, store_patterns=False)

    def find(self, text: str, *, language: str | None = None) -> tuple[Mention, ...]:
        """The names in `text`, in order. `language` (BCP-47) is the text's, if known: it settles homographs.

        Of a text that is little but names, only the first and last `boundary.MATCHES // 2` are looked at.
        """
        view = Folded.of(text)
        looked = _Text(view, language.partition("-")[0] if language else None, text.isupper())
        found: list[_Candidate] = []
        for index, start, end in bounded(
            self._automaton.find_matches_as_indexes(view.folded, overlapping=True)
        ):
            found.extend(self._candidates(looked, self._names(self._stems[index]), start, end))
        mentions = []
        for one in _leftmost_longest(found):
            start, end = view.span(one.start, one.end)
            if one.name.culture != NOBODY:
                culture, weight = one.name.culture.removeprefix(ANYBODY), one.name.weight * one.part
                kind, doubtful = one.name.kind, one.part < 1
                mentions.append(Mention(text[start:end], start, end, culture, kind, weight, doubtful))
        return tuple(mentions)

    def lookup(self, name: str) -> tuple[str, ...]:
        """Ids of the cultures that bear exactly this name in any language, best first; may be empty."""
        key = Folded.of(name.strip()).folded
        stems = (key[start:end] for start in {0, len(ARTICLE)} for end in range(start + 1, len(key) + 1))
        bearers = [one for stem in stems for one in self._with_stem(stem) if one.whole == key]
        bearers.sort(key=lambda one: -one.weight)
        return tuple(dict.fromkeys(one.culture for one in bearers if one.culture not in NOWHERE))

    def near(self, name: str, limit: int = 3) -> tuple[str, ...]:
        """Ids of the cultures whose names resemble `name`, best first, at most `limit`. Takes up to 0.3 s."""
        key = Folded.of(name.strip()).folded
        given = ((one.whole, one.culture) for names in self._own.values() for one in names)
        bearers = chain(given, self._gazetteer.wholes())
        wholes = {whole: culture for whole, culture in bearers if culture not in NOWHERE}
        alike = process.extract(key, wholes.keys(), scorer=fuzz.ratio, limit=4 * limit, score_cutoff=ALIKE)
        return tuple(dict.fromkeys(wholes[whole] for whole, _, _ in alike))[:limit]

    def _candidates(self, text: _Text, names: Iterable[Name], start: int, end: int) -> Iterator[_Candidate]:
        left, right = self._boundaries.around(text.view.folded, start, end)
        if left and left not in self._inflection.prefixes(text.language):
            return
        stop = end if right and self._boundaries.sort(right[0]) == HANGUL else end + len(right)
        for name in names:
            exact = right == name.ending
            article = name.article and left.endswith(ARTICLE)
            if name.article and not article and not left.endswith(TO_THE):
                continue
            if not exact and not self._inflection.fits(right, name.ending, name.classes, text.language):
                continue
            if part := self._weigh(text, name, start, stop, exact):
                kept = _kept(name.stem + name.ending, text.view.folded[start:stop])
                yield _Candidate(start - len(ARTICLE) * article, stop, name, part, kept)

    def _weigh(self, text: _Text, name: Name, start: int, end: int, exact: bool) -> float:
        """What part of a mention `folded[start:end]` is: its language, capital and homographs tell."""
        form = text.view.folded[start:end]
        first, last = text.view.span(start, end)
        surface = text.view.text[first:last]
        if name.culture == NOBODY:
            return 1.0
        script = self._script_of(form)
        if name.exact:
            foreign = self._inflection.foreign(name.classes, script, text.language)
            return float(surface == name.exact and not text.shouted and not foreign)
        known = len(name.stem) >= UNMISTAKABLE or (exact and ENGLISH in name.classes)
        if not known and self._inflection.foreign(name.classes, script, text.language):
            return 0.0
        cased = surface[:1].lower() != surface[:1].upper()
        seen = Appearance(
            form,
            name.whole,
            before=text.view.folded[max(0, start - BEFORE) : start],
            after=text.view.text[last : last + 2],
            capital=not cased or (not text.shouted and not surface[:1].islower()),
            small=name.small and (known or text.language is not None or script != "Latn"),
            place=name.kind not in NO_PLACES,
        )
        return self._homographs.weigh(seen, text.language)

    def _given(self, names: Mapping[str, Iterable[str]]) -> Iterator[Name]:
        for culture, given in names.items():
            kind = "area" if culture.islower() else "territory"
            for name in given:
                key = Folded.of(name.strip()).folded
                classes = self._inflection.at_home(self._script_of(key)) | {ENGLISH}
                stem, ending = self._inflection.stem(key, sorted(classes))
                small = name[:1].islower() or len(key) >= SMALL
                if key:
                    yield Name(stem, ending, "".join(sorted(classes)), kind, culture, small=small)

    def _with_stem(self, stem: str) -> tuple[Name, ...]:
        return (*self._own.get(stem, ()), *self._gazetteer.names(stem))

    def _phrases(self) -> Iterator[Name]:
        return (Name(phrase, "", ENGLISH, "", NOBODY) for phrase in self._homographs.phrases())


def _kept(name: str, form: str) -> int:
    """How much of a name stands in a form of it: twice the letters they share, less those it has lost."""
    pairs = enumerate(zip(name, form, strict=False))
    alike = next((index for index, (one, other) in pairs if one != other), min(len(name), len(form)))
    return 3 * alike - len(name)


def _leftmost_longest(found: list[_Candidate]) -> Iterator[_Candidate]:
    """Of candidates that overlap the leftmost, of these the longest, of these the least inflected.

    Where several cultures bear that name, each of them once.
    """
    found.sort(key=lambda one: (one.start, -one.end, -one.kept, -one.name.weight))
    covered = -1
    winner: _Candidate | None = None
    cultures: set[str] = set()
    for one in found:
        if winner and (one.start, one.end, one.kept) == (winner.start, winner.end, winner.kept):
            if NOBODY not in cultures and one.name.culture not in cultures:
                cultures.add(one.name.culture)
                yield one
        elif one.start >= covered:
            winner, covered, cultures = one, one.end, {one.name.culture}
            yield one
