"""Whose culture is a text about that names nobody? By cues, by what its meaning resembles, by its language.

They speak in that order, and only where the gate has found a text to be cultural. An embedding tells a
culture's dishes, rites and institutions from another's by a linear head (`heads.py`); below `LIKELY` it is
not believed. A language points at those whose own it is, in the proportion of its speakers; English points
at nobody.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from agents.detect.cldr import shares
from agents.detect.evidence import CultureWeight
from agents.detect.heads import Heads, softmax
from agents.detect.mentions import Mention
from agents.detect.situations import KIND
from agents.detect.tables import rows
from agents.knowledge.embed import Vector

LEADS = 0.35  # share of the cues' weight from which a culture is told by them
AT_HOME = 1.5  # how much heavier a cue weighs for those whose own the text's language is
HEAVIER = {KIND: 2.0}  # what several words tell together outweighs a word that only its writers use
LIKELY = 0.8  # probability from which the head names a culture
NEXT = 0.2  # probability from which it names another beside
MOST = 3  # cultures that are named at most


def implied(cues: Iterable[Mention], own: AbstractSet[str]) -> tuple[CultureWeight, ...]:
    """The cultures that cues tell of, heaviest first; none if none leads. A repeated cue counts once.

    `own` are the cultures whose own the text's language is.
    """
    seen: dict[str, dict[str, Mention]] = {}
    for cue in cues:
        seen.setdefault(cue.culture, {}).setdefault(cue.text.casefold(), cue)
    sums = {
        one: sum(cue.weight * HEAVIER.get(cue.kind, 1.0) for cue in told.values())
        * (AT_HOME if one in own else 1.0)
        for one, told in seen.items()
    }
    total, ranked = sum(sums.values()), sorted(sums, key=lambda one: -sums[one])
    if not ranked or sums[ranked[0]] < LEADS * total:
        return ()
    leading = [(one, tuple(cue.text for cue in seen[one].values())) for one in ranked[:MOST]]
    total = sum(sums[one] for one, _ in leading)
    return tuple(CultureWeight(one, sums[one] / total, texts) for one, texts in leading)


class Resemblance:
    """What an embedding resembles: cultures and a domain. Thread-safe."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads

    def cultures(self, vector: Vector) -> dict[str, float]:
        """Culture id -> probability, best first; empty where none is likely."""
        chances = softmax(self._heads.culture(vector))
        ranked = sorted(zip(self._heads.cultures, map(float, chances), strict=True), key=lambda one: -one[1])
        alike = {one: chance for one, chance in ranked[:MOST] if chance >= NEXT}
        return alike if max(alike.values(), default=0.0) >= LIKELY else {}

    def domain(self, vector: Vector) -> str:
        """The likeliest domain, `area/field` of UNESCO's framework for cultural statistics (2009)."""
        return self._heads.domains[int(self._heads.domain(vector).argmax())]


class Speakers:
    """Whose own a language is."""

    def __init__(self) -> None:
        homes = {language: cell for table in ("languages", "speakers") for language, cell in rows(table)}
        self._of = {language: shares(cell) for language, cell in homes.items() if language != "en"}

    def cultures(self, tag: str) -> dict[str, float]:
        """Culture id -> its part (0..1) of the language's speakers at home; empty if it points at nobody."""
        given = self._of.get(tag) or self._of.get(tag.partition("-")[0], ())
        return {culture: part or 1 / len(given) for culture, part in given}
