"""What speaks for a culture: its weight, and where in the conversation the evidence stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from agents.detect.language import excerpt

MOST = 64  # spans that are told
SYSTEM: Literal["system"] = "system"

TurnNumber = int | Literal["system"]


@dataclass(frozen=True, slots=True)
class CultureWeight:
    """A culture (id), its weight (0..1) and what speaks for it, as written in the text."""

    id: str
    weight: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of evidence: characters `start` to `end` of a turn, as written, and the culture they speak for.

    `turn`: 0 is the asker's last one, -1 the one before it, and so on; "system" the system prompt. `kind`:
    that of the mention or cue (territory, people, city, …), or "audience", where the asker, or the system
    prompt, says whose culture the asker's own is.
    """

    start: int
    end: int
    text: str
    culture: str
    kind: str
    turn: TurnNumber = 0

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "culture": self.culture,
            "kind": self.kind,
            "turn": self.turn,
        }


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn's text, of which `limit` characters are looked at: half from its head, half from its tail."""

    text: str
    number: TurnNumber
    limit: int

    @property
    def looked(self) -> str:
        """What is looked at."""
        return excerpt(self.text, self.limit)

    def span(self, start: int, end: int, culture: str, kind: str) -> Span:
        """The evidence at `looked[start:end]`; it ends with the text, and at the seam of an excerpt."""
        half = self.limit // 2
        cut = len(self.text) > self.limit
        hidden = len(self.text) - 2 * half - 1 if cut else 0
        if cut and start <= half < end:
            end = half
        start, end = (place if place <= half else place + hidden for place in (start, end))
        end = min(end, len(self.text))
        return Span(start, end, self.text[start:end], culture, kind, self.number)


def told(spans: Iterable[Span], cultures: Sequence[str]) -> tuple[Span, ...]:
    """At most `MOST` spans, the last turn's first, then the earlier ones', the system prompt's; in order.

    Of more than that each culture keeps its first, and the cultures come in the order given.
    """
    ordered = sorted(set(spans), key=_place)
    firsts = {(one.culture, one.kind == "audience"): one for one in reversed(ordered)}
    kept = [one for culture in cultures for own in (False, True) if (one := firsts.get((culture, own)))]
    chosen = dict.fromkeys((*kept, *ordered))
    return tuple(sorted(list(chosen)[:MOST], key=_place))


def _place(span: Span) -> tuple[bool, int, int, int, str, str]:
    turn = 0 if span.turn == SYSTEM else -int(span.turn)
    return span.turn == SYSTEM, turn, span.start, span.end, span.culture, span.kind
