"""Cues that only several common words together make, as an envelope and red.

`data/situations.tsv`, and `data/customs.tsv`: customs of all the world, with what tells each of them in
`customs_LANG.tsv` for every language in which somebody may ask about it, be it the custom's own or not.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agents.detect.cldr import shares
from agents.detect.fold import Folded
from agents.detect.lexicon import Lexicon
from agents.detect.mentions import Mention
from agents.detect.tables import DATA, rows

TOGETHER = 160  # characters within which all the words of a situation must stand
PARTED = "+"  # between the words that must all occur, of which each may have alternatives
KIND = "situation"


@dataclass(frozen=True, slots=True)
class _Situation:
    """The cultures in which it is at home, each with its part, and how many words it takes."""

    cultures: tuple[tuple[str, float], ...]
    size: int


class Situations:
    """Finds the situations of `situations.tsv`, or of rows of its form. Thread-safe."""

    def __init__(self, listed: Sequence[Sequence[str]] | None = None) -> None:
        self._situations: list[_Situation] = []
        self._needed: dict[str, tuple[int, int]] = {}
        words: list[tuple[str, str, str]] = []
        for number, (share, language, needs) in enumerate(shipped() if listed is None else listed):
            given = shares(share)
            cultures = tuple((culture, part or 1 / len(given)) for culture, part in given)
            alternatives = needs.split(PARTED)
            self._situations.append(_Situation(cultures, len(alternatives)))
            for place, either in enumerate(alternatives):
                kind = f"{number}.{place}"
                self._needed[kind] = number, place
                words.append((kind, language, either))
        self._lexicon = Lexicon(words)

    def find(self, text: str, *, language: str | None = None) -> tuple[Mention, ...]:
        """Where in `text` all words of a situation stand close together: a mention for each of its cultures.

        A mention runs from the first to the last of the words. `language` (BCP-47) is the text's, if known.
        """
        view = Folded.of(text)
        seen: dict[int, list[tuple[int, int, int]]] = {}
        for kind, start, end in self._lexicon.spans(view, language=language):
            number, place = self._needed[kind]
            seen.setdefault(number, []).append((start, end, place))
        mentions: list[Mention] = []
        for number, words in seen.items():
            situation = self._situations[number]
            if span := closest(words, situation.size):
                first, last = view.span(*span)
                mentions += (
                    Mention(text[first:last], first, last, culture, KIND, part)
                    for culture, part in situation.cultures
                )
        return tuple(sorted(mentions, key=lambda one: (one.start, one.end)))


def shipped() -> Iterator[Sequence[str]]:
    """All situations of the package: culture ids with shares, the text's language, the words."""
    yield from rows("situations")
    bearers = {number: share for number, share, _, _ in rows("customs")}
    for language in languages():
        for number, needs in rows(f"customs_{language}"):
            yield bearers[number], language, needs


def languages() -> tuple[str, ...]:
    """The languages in which customs are told, sorted."""
    tables = (one.name for one in DATA.iterdir())
    found = (name.removeprefix("customs_").removesuffix(".tsv") for name in tables if "customs_" in name)
    return tuple(sorted(found))


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
