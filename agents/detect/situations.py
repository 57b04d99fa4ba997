"""Cues that only several common words together make, as an envelope and red.

`data/situations.tsv`, and `data/customs.tsv`: customs of all the world, with what tells each of them in
`customs_LANG.tsv` for every language in which somebody may ask about it, be it the custom's own or not.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from threading import Lock

from agents.detect.cldr import shares
from agents.detect.fold import Folded, fold
from agents.detect.lexicon import Lexicon
from agents.detect.mentions import Mention
from agents.detect.tables import DATA, cells, rows

TOGETHER = 160  # characters within which all the words of a situation must stand
TELLING = 10.0
"""What words tell together, in nats: the sum of log(situations / those that have the word)."""
OPEN = "*"  # at the end of a word, also within a phrase: any ending
PARTED = "+"  # between the words that must all occur, of which each may have alternatives
KIND = "situation"


@dataclass(frozen=True, slots=True)
class _Situation:
    """The cultures in which it is at home, each with its part, and how many words it takes."""

    cultures: tuple[tuple[str, float], ...]
    size: int


@dataclass(frozen=True, slots=True)
class _Needed:
    """Of which situation, and of which of its places, a word is; `rest`: what must follow it."""

    number: int
    place: int
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """A situation of which `words` are in a text, and another is not: it wants other evidence."""

    words: int
    mentions: tuple[Mention, ...]


class Situations:
    """Finds the situations of `situations.tsv`, or of rows of its form. Thread-safe."""

    def __init__(self, listed: Sequence[Sequence[str]] | None = None) -> None:
        self._situations: list[_Situation] = []
        self._needed: dict[str, _Needed] = {}
        words: list[tuple[str, str, str]] = []
        for number, (share, language, needs) in enumerate(rows("situations") if listed is None else listed):
            given = shares(share)
            cultures = tuple((culture, part or 1 / len(given)) for culture, part in given)
            alternatives = needs.split(PARTED)
            self._situations.append(_Situation(cultures, len(alternatives)))
            for place, either in enumerate(alternatives):
                words += self._listed(number, place, language, either)
        self._lexicon = Lexicon(words)

    def _listed(self, number: int, place: int, language: str, either: str) -> Iterator[tuple[str, str, str]]:
        """The rows that a lexicon takes. It finds the first word of a phrase with open ones."""
        whole: list[str] = []
        for at, word in enumerate(cells(either)):
            if OPEN not in word[:-1]:
                whole.append(word)
                continue
            first, *others = word.split()
            kind = f"{number}.{place}.{at}"
            self._needed[kind] = _Needed(number, place, " ".join(others))
            yield kind, language, first
        if whole:
            self._needed[f"{number}.{place}"] = _Needed(number, place)
            yield f"{number}.{place}", language, "|".join(whole)

    def find(self, text: str, *, language: str | None = None) -> tuple[Mention, ...]:
        """Where in `text` all words of a situation stand close together: a mention for each of its cultures.

        A mention runs from the first to the last of the words. `language` (BCP-47) is the text's, if known.
        """
        view = Folded.of(text)
        mentions: list[Mention] = []
        for number, words in self._seen(view, language).items():
            situation = self._situations[number]
            if span := closest(words, situation.size):
                mentions += self._told(text, number, view.span(*span))
        return tuple(sorted(mentions, key=lambda one: (one.start, one.end)))

    def nearly(self, text: str, *, language: str | None = None) -> dict[int, Guess]:
        """The situations, by their place in the list, of which at most one word is missing and two are there.

        The words may stand anywhere, but must tell enough: "wear" and "funeral" are words of many.
        """
        view = Folded.of(text)
        seen = self._seen(view, language)
        shared = Counter((start, end) for words in seen.values() for start, end in _spots(words))
        guessed: dict[int, Guess] = {}
        for number, words in seen.items():
            rarest: dict[int, int] = {}
            for start, end, place in words:
                rarest[place] = min(rarest.get(place, len(seen)), shared[start, end])
            told = sum(log(len(self._situations) / count) for count in rarest.values())
            if len(rarest) >= max(2, self._situations[number].size - 1) and told >= TELLING:
                span = min(start for start, _, _ in words), max(end for _, end, _ in words)
                guessed[number] = Guess(len(rarest), tuple(self._told(text, number, view.span(*span))))
        return guessed

    def _seen(self, view: Folded, language: str | None) -> dict[int, list[tuple[int, int, int]]]:
        """Start, end and place of each word that stands in the text, by situation."""
        seen: dict[int, list[tuple[int, int, int]]] = {}
        for kind, start, end in self._lexicon.spans(view, language=language):
            needed = self._needed[kind]
            if needed.rest and not (rest := following(needed.rest).match(view.folded, end)):
                continue
            end = rest.end() if needed.rest and rest else end
            seen.setdefault(needed.number, []).append((start, end, needed.place))
        return seen

    def _told(self, text: str, number: int, span: tuple[int, int]) -> Iterator[Mention]:
        """A mention for each of a situation's cultures."""
        first, last = span
        for culture, part in self._situations[number].cultures:
            yield Mention(text[first:last], first, last, culture, KIND, part)


@lru_cache(4_096)
def following(words: str) -> re.Pattern[str]:
    """The words that must follow the ending of a first one, each as it is or with any ending."""
    parts = (
        re.escape(fold(one.rstrip(OPEN))) + (r"\w*" if one.endswith(OPEN) else "") for one in words.split()
    )
    return re.compile(r"\w*\s+" + r"\s+".join(parts) + r"(?!\w)")


class Customs:
    """The customs as each language tells them. A language's words are read when it is first asked for."""

    def __init__(self) -> None:
        self._known = frozenset(languages())
        self._read: dict[str, tuple[Situations, list[str]]] = {}
        self._lock = Lock()

    def find(self, text: str, *, language: str | None) -> tuple[Mention, ...]:
        """Those that are told in `text`, as `Situations.find`; none in a language without their words."""
        read = self._of(language)
        return read[0].find(text, language=language) if read else ()

    def nearly(self, text: str, *, language: str | None) -> dict[str, Guess]:
        """Those that are nearly told, as `Situations.nearly`, by their number in `customs.tsv`."""
        if not (read := self._of(language)):
            return {}
        situations, numbers = read
        guessed = situations.nearly(text, language=language)
        return {numbers[place]: guess for place, guess in guessed.items()}

    def _of(self, language: str | None) -> tuple[Situations, list[str]] | None:
        """Those told in this language (BCP-47) and their numbers; None where nobody wrote them down in it."""
        base = language.partition("-")[0] if language else ""
        if base not in self._known:
            return None
        with self._lock:
            if base not in self._read:
                bearers = {number: share for number, share, _, _ in rows("customs")}
                told = rows(f"customs_{base}")
                listed = [(bearers[number], base, needs) for number, needs in told]
                self._read[base] = Situations(listed), [number for number, _ in told]
            return self._read[base]


def languages() -> tuple[str, ...]:
    """The languages in which customs are told, sorted."""
    tables = (one.name for one in DATA.iterdir())
    found = (name.removeprefix("customs_").removesuffix(".tsv") for name in tables if "customs_" in name)
    return tuple(sorted(found))


def _spots(words: Iterable[tuple[int, int, int]]) -> set[tuple[int, int]]:
    """Where words stand, whatever their places in the situation."""
    return {(start, end) for start, end, _ in words}


def closest(words: Iterable[tuple[int, int, int]], size: int) -> tuple[int, int] | None:
    """The shortest span, of at most `TOGETHER` characters, that holds a word of each of `size` places.

    `words`: start, end and place of each. None if there is no such span.
    """
    return min(_spans(sorted(words), size), key=lambda span: span[1] - span[0], default=None)


def _spans(words: Sequence[tuple[int, int, int]], size: int) -> Iterator[tuple[int, int]]:
    last: dict[int, tuple[int, int]] = {}
    for start, end, place in words:
        last[place] = start, end
        if len(last) == size:
            first, stop = min(one for one, _ in last.values()), max(one for _, one in last.values())
            if stop - first <= TOGETHER:
                yield first, stop
