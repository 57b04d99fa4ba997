"""Whose culture is a text about that names nobody? By what its meaning resembles, and by its language.

Both speak only where the gate has found a text to be cultural. An embedding tells a culture's dishes, rites
and institutions from another's by a linear head (`heads.py`); below `LIKELY` it is not believed. A language
points at those whose own it is, in the proportion of its speakers; English points at nobody.
"""

from agents.detect.cldr import shares
from agents.detect.heads import Heads, softmax
from agents.detect.tables import rows
from agents.knowledge.embed import Vector

LIKELY = 0.5  # probability from which the head names a culture
MOST = 3  # cultures that are named at most


class Resemblance:
    """What an embedding resembles: cultures and a domain. Thread-safe."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads

    def cultures(self, vector: Vector) -> dict[str, float]:
        """Culture id -> probability, best first; empty where none is likely."""
        chances = softmax(self._heads.culture(vector))
        ranked = sorted(zip(self._heads.cultures, map(float, chances), strict=True), key=lambda one: -one[1])
        return dict(ranked[:MOST]) if ranked and ranked[0][1] >= LIKELY else {}

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
