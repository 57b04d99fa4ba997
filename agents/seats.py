"""Who sits in a council that nobody chose: relevance first, then coverage of the sectors, then the others.

| order | who | why |
| --- | --- | --- |
| 1 | cultures that the question names, all of them | they are asked about |
| 2 | cultures that it tells of without a name, or whose own its language is | the same, with less certainty |
| 3 | the asker's own | an answer that leaves out the asker's own view is no answer to them |
| 4 | one of each sector that is silent | no part of the world speaks twice before all have spoken |
| 5 | whoever waited in 2, and the next ones of each sector | seats that are left |

Of two neighbours (`Culture.neighbours`) that were not both named, one waits while a sector is silent.
Deterministic: the same question and seats give the same council.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from agents.cultures.cultures import Culture, Cultures


@dataclass(frozen=True, slots=True)
class Seat:
    """Whose seat, and why it was given."""

    culture: str
    why: str


@dataclass(frozen=True, slots=True)
class Relevant:
    """A culture that the question is about: `told` says how that is known; `named`: by its name."""

    culture: str
    told: str
    named: bool


def seats(
    cultures: Cultures, relevant: Sequence[Relevant], own: str | None, *, free: int, first: int
) -> tuple[Seat, ...]:
    """At most `free` seats. `first`: the place of the sector at which coverage begins."""
    council = _Council(cultures, free)
    for one in relevant:
        if one.named:
            council.seat(one.culture, one.told)
    for one in relevant:
        if not one.named:
            council.seat_unless_neighbour(one.culture, one.told)
    if own:
        council.seat(own, "the asker's own culture")
    order = (*cultures.sectors[first:], *cultures.sectors[:first])
    for sector in order:
        council.hear(sector)
    for seat in chain(council.waiting, _next(cultures, order)):
        council.seat(seat.culture, seat.why)
    return tuple(council.seated.values())


@dataclass(slots=True)
class _Council:
    """The council as it fills."""

    cultures: Cultures
    free: int
    seated: dict[str, Seat] = field(default_factory=dict)
    waiting: list[Seat] = field(default_factory=list)

    def seat(self, culture: str, why: str) -> None:
        if len(self.seated) < self.free:
            self.seated.setdefault(culture, Seat(culture, why))

    def seat_unless_neighbour(self, culture: str, why: str) -> None:
        beside = self._beside(self.cultures.get(culture))
        if beside:
            self.waiting.append(Seat(culture, f"{why}; after every sector, being a neighbour of {beside}"))
        else:
            self.seat(culture, why)

    def hear(self, sector: str) -> None:
        """A seat for a sector that is silent: its first culture that is nobody's neighbour here."""
        if any(self.cultures.get(one).sector == sector for one in self.seated):
            return
        representatives = self.cultures.representatives(sector)
        apart = (one for one in representatives if not self._beside(one))
        if speaker := next(chain(apart, representatives), None):
            self.seat(speaker.id, f"speaks for the sector {sector}")

    def _beside(self, culture: Culture) -> str | None:
        return next((one for one in self.seated if one in culture.neighbours), None)


def _next(cultures: Cultures, order: Iterable[str]) -> Iterator[Seat]:
    """The sectors' cultures in turn: the first of each, the second of each …"""
    for rank in zip_longest(*(cultures.representatives(sector) for sector in order)):
        for one in rank:
            if one is not None:
                yield Seat(one.id, f"another voice of the sector {one.sector}, for a seat that was left")
