"""Whose culture is the asker's own? Evidence by rungs, the higher one first; without any: unknown.

| rung | evidence |
| --- | --- |
| stated | the request says so: `polylect.audience` |
| told | what askers say of themselves, in the last turn, then in earlier ones ("I live in Osaka") |
| served | whom the system prompt says it serves ("You help customers in Brazil") |
| locales | those that the client prefers: their regions (pt-BR), else a language with one home (ja) |
| language | that of the last turn, if it has one home |

A rung counts as much as `RUNG` of the next lower one, so the highest that says anything leads, and what the
lower ones say beside it stays in the list. Within a rung an earlier turn, or a less preferred locale, counts
`DECAY` of the one before it. A language of several homes (`homeless` in `audience.tsv`) says nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel.core import get_global
from babel.languages import get_territory_language_info

from agents.cultures.tags import parse_tag
from agents.detect.belonging import SPOKEN, Belonging, Claim
from agents.detect.evidence import SYSTEM, CultureWeight, Span, Turn
from agents.detect.mentions import Mention, Mentions
from agents.detect.tables import cells, rows

RUNG = 4.0
DECAY = 0.5  # what each earlier turn, and each less preferred locale, leaves
TURNS = 6  # turns that are looked back
SEEN = (
    4_000  # characters of a turn or a system prompt that are looked at: people say who they are early or late
)
LOCALES = 16  # locales that are looked at
EVIDENCE = 5  # pieces shown for a culture
ALL_KINDS = SPOKEN | {"served"}


@dataclass(frozen=True, slots=True)
class Asker:
    """What comes with a question and tells of the asker.

    `stated`: the id of the culture that the request names as the asker's; `system`: the system prompt;
    `locales`: BCP-47 tags that the client prefers, best first.
    """

    stated: str | None = None
    system: str = ""
    locales: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audience:
    """Whose culture the asker's own is, heaviest first: weights sum to 1, or there are none.

    `spans` are the evidence that stands in the conversation; `own` is where the names stand in the last turn
    that merely say who asks.
    """

    cultures: tuple[CultureWeight, ...] = ()
    spans: tuple[Span, ...] = ()
    own: frozenset[tuple[int, int]] = frozenset()

    def others(self, last: Turn, mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
        """Of the mentions in `last.looked` those that do not merely say who asks; all, if all do."""
        return tuple(one for one in mentions if _place(last, one) not in self.own) or mentions


@dataclass(frozen=True, slots=True)
class _Sign:
    """One piece of evidence of a rung."""

    culture: str
    weight: float
    evidence: str


class AudienceDetector:
    """Weighs the evidence. Thread-safe."""

    def __init__(self, mentions: Mentions) -> None:
        self._mentions = mentions
        self._belonging = Belonging(mentions.lookup)
        self._homes = homes()

    def detect(
        self,
        text: str,
        *,
        earlier: Sequence[str] = (),
        asker: Asker | None = None,
        language: str | None = None,
    ) -> Audience:
        """Whose culture the asker's own is, who says `text`.

        `earlier` are the asker's turns before the last one, oldest first; `language` (BCP-47) is the one that
        the last turn is in, if that is known.
        """
        asker = asker or Asker()
        last = Turn(text, 0, SEEN)
        said = dict(self._claims(last, language))
        for age, turn in enumerate(reversed(earlier[-TURNS:]), 1):
            said |= self._claims(Turn(turn, -age, SEEN), None)
        prompted = self._claims(Turn(asker.system, SYSTEM, SEEN), None) if asker.system else {}
        stated = [_Sign(asker.stated, 1.0, f"audience {asker.stated}")] if asker.stated else []
        rungs = (stated, _signs(said), _signs(prompted), self._of_locales(asker.locales), self._of(language))
        own = (_place(last, claim.mention) for claim in said.get(last, ()) if claim.kind != "here")
        return Audience(_weigh(rungs), (*_spans(said), *_spans(prompted)), frozenset(own))

    def _claims(self, turn: Turn, language: str | None) -> Mapping[Turn, tuple[Claim, ...]]:
        """What one turn claims; nothing at all where it claims nothing."""
        looked = turn.looked
        if not self._belonging.occurs(looked):
            return {}
        mentions = self._mentions.find(looked, language=language)
        kinds = ALL_KINDS if turn.number == SYSTEM else SPOKEN
        found = self._belonging.find(looked, mentions, kinds=kinds, language=language)
        return {turn: found} if found else {}

    def _of_locales(self, locales: Sequence[str]) -> list[_Sign]:
        """Where the locales are at home that say where, the first one most."""
        placed: dict[str, str] = {}
        for locale in locales[:LOCALES]:
            if (home := self._home(locale)) and home not in placed:
                placed[home] = locale
        return [_Sign(one, DECAY**rank, f"locale {placed[one]}") for rank, one in enumerate(placed)]

    def _home(self, locale: str) -> str | None:
        tag = parse_tag(locale)
        if tag is None:
            return None
        if tag.region:
            now: list[str] = get_global("territory_aliases").get(tag.region, [tag.region])
            return now[0] if len(now) == 1 and get_territory_language_info(now[0]) else None
        return None if tag.script else self._homes.get(tag.language)

    def _of(self, language: str | None) -> list[_Sign]:
        home = self._homes.get(language or "")
        return [_Sign(home, 1.0, f"written in {language}")] if home else []


def homes() -> dict[str, str]:
    """Language (primary tag) -> culture id, for those whose speakers nearly all live in one."""
    (homeless,) = (cells(listed) for kind, *_, listed in rows("audience") if kind == "homeless")
    return {
        language: home
        for language, home in rows("languages")
        if language not in homeless and "," not in home and "=" not in home
    }


def _place(turn: Turn, mention: Mention) -> tuple[int, int]:
    """Where a mention in `turn.looked` stands in the whole turn."""
    span = turn.span(mention.start, mention.end, mention.culture, mention.kind)
    return span.start, span.end


def _signs(said: Mapping[Turn, Sequence[Claim]]) -> list[_Sign]:
    """What turns claim: the last one most. The names of one turn share its weight."""
    signs = []
    for turn, claims in said.items():
        total = sum(claim.mention.weight for claim in claims)
        age = 0 if turn.number == SYSTEM else -int(turn.number)
        looked = turn.looked
        for claim in claims:
            weight = DECAY**age * claim.mention.weight / total
            signs.append(_Sign(claim.mention.culture, weight, looked[claim.start : claim.end]))
    return signs


def _spans(said: Mapping[Turn, Sequence[Claim]]) -> list[Span]:
    return [
        turn.span(claim.start, claim.end, claim.mention.culture, "audience")
        for turn, claims in said.items()
        for claim in claims
    ]


def _weigh(rungs: Sequence[Sequence[_Sign]]) -> tuple[CultureWeight, ...]:
    """The cultures of all rungs, heaviest first; weights sum to 1."""
    weights: dict[str, float] = defaultdict(float)
    evidence: dict[str, dict[str, None]] = defaultdict(dict)
    for height, signs in enumerate(rungs):
        total = sum(sign.weight for sign in signs)
        for sign in signs:
            weights[sign.culture] += sign.weight / total * RUNG**-height
            evidence[sign.culture][sign.evidence] = None
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda culture: -weights[culture])
    return tuple(CultureWeight(one, weights[one] / total, tuple(evidence[one])[:EVIDENCE]) for one in ranked)
