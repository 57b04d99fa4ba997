"""The cultural context of a request: its language, how cultural it is, whose culture it asks about, and by
what cue.

Unknown is an answer: where nothing is named there is no culture, and a language alone never gives one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from agents.detect.language import Language, LanguageDetector, LanguageReading, LanguageShare, excerpt
from agents.detect.lexicon import Lexicon
from agents.detect.mentions import Mention, Mentions
from agents.detect.sensitivity import BASE, NAMED, Sensitivity

SEEN = 20_000  # characters of a text that are looked at: half from its head, half from its tail
CULTURAL = 0.5  # from here on a text is cultural
DECIDED = 0.8  # probability from which the language settles what a name may mean
ALONE = 0.8  # share of the text from which one language speaks for all of it
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


class ContextDetector:
    """Puts the detectors together. Thread-safe; well under a millisecond for a question."""

    def __init__(
        self, language: LanguageDetector, mentions: Mentions, lexicon: Lexicon | None = None
    ) -> None:
        self._language = language
        self._mentions = mentions
        self._sensitivity = Sensitivity(lexicon or Lexicon())

    def detect(self, text: str, *, earlier: Sequence[str] = ()) -> Context:
        """The context of `text`, the last turn. `earlier` are the asker's turns before it, oldest first.

        Earlier turns count only where the last one names nobody, each turn half as much as the next: they
        tell whose culture is meant, and do not make a turn cultural that has no sign of it itself.
        """
        reading, found, cultural = self._read(text)
        if not any(one.culture for one in found):
            found, remembered = self._remember(earlier)
            cultural = 1 - (1 - cultural) * (1 - remembered) / (1 - BASE) if found else cultural
        cultures = weigh(found)
        cue: Cue = "explicit" if cultures else "implicit" if cultural >= CULTURAL else "none"
        return Context(reading.best, reading.shares, cultural, cultures, cue=cue)

    def _read(self, text: str) -> tuple[LanguageReading, tuple[Mention, ...], float]:
        """One turn by itself: its languages, whom it names, how cultural it is."""
        looked = excerpt(text, SEEN)
        reading = self._language.detect(looked)
        tag = _decided(reading)
        found = self._mentions.find(looked, language=tag)
        cultural = self._sensitivity.score(looked, found, language=tag)
        guessed = cultural < CULTURAL and all(mention.doubtful for mention in found)
        return reading, () if guessed else found, cultural

    def _remember(self, earlier: Sequence[str]) -> tuple[tuple[Mention, ...], float]:
        """Whom the nearest earlier turns name, weakened, and how cultural that makes this turn (0..1)."""
        remembered: list[Mention] = []
        cultural = 0.0
        for age, turn in enumerate(reversed(earlier[-TURNS:]), 1):
            _, found, score = self._read(turn)
            remembered += (replace(mention, weight=mention.weight * DECAY**age) for mention in found)
            cultural = max(cultural, score * DECAY**age) if found else cultural
        return tuple(remembered), cultural


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
    mentions = tuple(one for one in mentions if one.culture)
    sure = tuple(one for one in mentions if not one.doubtful)
    solid = tuple(one for one in sure if one.kind != "language")
    return solid or sure or mentions


def load_detector(
    model_path: Path | None = None, names: Mapping[str, Iterable[str]] = MappingProxyType({})
) -> ContextDetector:
    """A detector with the packaged gazetteer. `model_path`: another fastText model; `names`: culture id ->
    names.

    ValueError or FileNotFoundError when the model cannot be loaded. Takes about a second.
    """
    return ContextDetector(LanguageDetector(model_path), Mentions(names))


def _decided(reading: LanguageReading) -> str | None:
    """The one language that speaks for the text, or None."""
    best = reading.best
    sure = best and best.probability >= DECIDED and reading.shares[0].share >= ALONE
    return best.tag if best and sure else None


def _listed(cultures: Iterable[CultureWeight]) -> list[dict[str, object]]:
    return [
        {"id": one.id, "weight": round(one.weight, 4), "evidence": list(one.evidence)} for one in cultures
    ]
