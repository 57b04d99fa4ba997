"""Perspectives Distribution Score: how evenly a text refers to the sectors of the world.

WorldView-Bench (arXiv 2505.09595): `PDS_c = refs_c / Σ refs`, `H = −Σ PDS_c ln PDS_c / ln N`, 0 without any
reference. The paper's list of sectors is not public; ours stands in `agents/cultures/sectors.toml`.

A reference is a name in the text: of a culture (`detect/mentions.py`), or of a practice, text, person and so
on (`detect/specifics.py`); of names that overlap the longest. It counts 1. A name that several cultures share
counts for each sector by their parts in it ("Pashto": islamic-mena 0.7, south-asian 0.3), so 1 in all. Names
that are also given names ("Kenya", "Jordan") count in full: half a reference would make their sectors look
neglected in texts about cultures.

H alone is easily had: to name every culture is enough. So it is shown with its companions: how many
references, which part of them a reader could check, and how many of both per 100 words.
"""

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from agents.cultures.cultures import Cultures
from agents.detect.dates import Dates, sentence_ends
from agents.detect.mentions import Mention, Mentions
from agents.detect.specifics import Specifics, longest
from agents.detect.words import Words

PIECE = 2_000  # characters that are looked through at once; longer texts are cut where a sentence ends
WHOLES = frozenset(
    {"territory", "subdivision", "people", "language", "religion", "area"}
)  # kinds that name a culture as such


@dataclass(frozen=True, slots=True)
class Reference:
    """One name, `text[start:end]` (characters), and the culture and sector that it refers to.

    `kind`: territory, subdivision, people, language, religion, area or city; practice, text, person,
    festival, dish, place or institution. `specific`: a reader could check it: it is no culture as such, or a
    `date` stands by it. `weight` (0..1]: what it counts. Of several cultures of one sector `culture` has the
    largest part.
    """

    text: str
    start: int
    end: int
    culture: str
    sector: str
    kind: str
    specific: bool
    weight: float = 1.0
    date: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Distribution:
    """Shares of references by sector (they sum to 1, or are empty) and their normalised entropy, 0 to 1."""

    shares: Mapping[str, float]
    entropy: float
    sectors: int


@dataclass(frozen=True, slots=True)
class Score:
    """The references of a text, in order, and how they are distributed."""

    references: tuple[Reference, ...]
    distribution: Distribution

    @property
    def total(self) -> float:
        """N: how many references the shares and the entropy rest on. To be told with H, always."""
        return math.fsum(one.weight for one in self.references)

    @property
    def specifics(self) -> float:
        """How many of them a reader could check."""
        return math.fsum(one.weight for one in self.references if one.specific)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON, nothing rounded."""
        return {
            "distribution": dict(self.distribution.shares),
            "entropy": self.distribution.entropy,
            "sectors": self.distribution.sectors,
            "references": [one.as_dict() for one in self.references],
        }


@dataclass(frozen=True, slots=True)
class Companions:
    """What is shown beside H. `references` is N; `specific_share` is 0 where N is."""

    references: float
    specifics: float
    specific_share: float
    words: int
    references_per_100_words: float
    specifics_per_100_words: float


@dataclass(frozen=True, slots=True)
class Pool:
    """Many answers as one (the sum of their references), and the mean over them one by one."""

    answers: int
    references: float
    specifics: float
    distribution: Distribution
    mean_entropy: float


def distribution(references: Iterable[str] | Mapping[str, float], *, sectors: int) -> Distribution:
    """The score of references over `sectors` possible ones: the sector of each, or what each sector has.

    Raises:
        ValueError: `sectors` below 2, where no entropy can be normalised.
    """
    if sectors < 2:
        raise ValueError(f"a distribution needs at least two sectors, not {sectors}")
    counts: Mapping[str, float] = references if isinstance(references, Mapping) else Counter(references)
    total = math.fsum(counts.values())
    shares = {sector: count / total for sector, count in sorted(counts.items())}
    entropy = -math.fsum(share * math.log(share) for share in shares.values()) / math.log(sectors)
    return Distribution(shares, min(1.0, entropy + 0.0), sectors)


def companions(score: Score, text: str) -> Companions:
    """The companions of the score of `text`; words are counted as `detect/words.py` says."""
    length = Words().count(text)
    per_100 = 100 / length if length else 0.0
    total, specifics = score.total, score.specifics
    share = specifics / total if total else 0.0
    return Companions(total, specifics, share, length, total * per_100, specifics * per_100)


def pool(scores: Iterable[Score]) -> Pool:
    """Many answers' scores in one. An answer without references counts 0 in the mean, and nothing in the sum.

    Raises:
        ValueError: there are none, or they are over different numbers of sectors.
    """
    scores = tuple(scores)
    sectors = {one.distribution.sectors for one in scores}
    if len(sectors) != 1:
        raise ValueError(f"pooling takes scores over one number of sectors, not {sorted(sectors)}")
    references = [reference for one in scores for reference in one.references]
    return Pool(
        answers=len(scores),
        references=math.fsum(one.total for one in scores),
        specifics=math.fsum(one.specifics for one in scores),
        distribution=distribution(_by_sector(references), sectors=sectors.pop()),
        mean_entropy=math.fsum(one.distribution.entropy for one in scores) / len(scores),
    )


class Scorer:
    """Scores texts: no model, no chance, no network; time in proportion to the text. Thread-safe."""

    def __init__(self, cultures: Cultures, mentions: Mentions, specifics: Specifics) -> None:
        self.sectors = cultures.sectors
        self._cultures = cultures
        self._mentions = mentions
        self._specifics = specifics
        self._dates = Dates()

    def score(self, text: str) -> Score:
        """The score of `text`, in any languages."""
        ends = sentence_ends(text)
        references = self._dated(
            text, ends, [one for cut in _cuts(text, ends) for one in self._find(text, *cut)]
        )
        return Score(
            tuple(references), distribution(_by_sector(references), sectors=len(self._cultures.sectors))
        )

    def _find(self, text: str, start: int, end: int) -> Iterator[Reference]:
        """The references of one piece of the text."""
        piece = text[start:end]
        named = longest(self._mentions.find(piece), self._specifics.find(piece))
        for _, sharing in groupby(named, key=lambda one: (one.start, one.end)):
            yield from self._refer(tuple(sharing), start)

    def _refer(self, sharing: Sequence[Mention], offset: int) -> Iterator[Reference]:
        """One name as references: one for each sector of the cultures that share it."""
        by_sector: dict[str, list[Mention]] = defaultdict(list)
        for one in sharing:
            if one.culture in self._cultures:
                by_sector[self._cultures.get(one.culture).sector].append(one)
        whole = math.fsum(one.weight for found in by_sector.values() for one in found)
        for sector, found in by_sector.items():
            best = max(found, key=lambda one: one.weight)
            part = math.fsum(one.weight for one in found) / whole
            span = (best.start + offset, best.end + offset)
            specific = best.kind not in WHOLES
            yield Reference(best.text, *span, best.culture, sector, best.kind, specific, part)

    def _dated(self, text: str, ends: list[int], references: list[Reference]) -> list[Reference]:
        """The references, those by which a date stands made specific: the nearest one in its sentence."""
        dates: dict[tuple[int, int], str] = {}
        starts = [one.start for one in references]
        for start, end in self._dates.find(text):
            sentence = bisect_right(ends, start)
            first = bisect_left(starts, ends[sentence - 1] if sentence else 0)
            last = bisect_left(starts, ends[min(sentence, len(ends) - 1)])
            after = min(max(first, bisect_left(starts, start)), last)
            near = references[max(first, after - 1) : min(last, after + 1)]
            if near:
                best = min(near, key=lambda one: max(one.start - end, start - one.end))
                dates.setdefault((best.start, best.end), text[start:end])
        return [
            replace(one, date=date, specific=True) if (date := dates.get((one.start, one.end))) else one
            for one in references
        ]


def open_scorer() -> Scorer:
    """A scorer with the packaged cultures and names. Takes about a second; score many texts with one."""
    cultures = Cultures.load()
    return Scorer(cultures, Mentions(cultures.area_names()), Specifics())


def _by_sector(references: Iterable[Reference]) -> dict[str, float]:
    weights: dict[str, list[float]] = defaultdict(list)
    for one in references:
        weights[one.sector].append(one.weight)
    return {sector: math.fsum(each) for sector, each in weights.items()}


def _cuts(text: str, ends: list[int]) -> Iterator[tuple[int, int]]:
    """Pieces of whole sentences, each as long as `PIECE` allows; a longer sentence is cut at a space."""
    start = end = 0
    for stop in ends:
        if stop - start > PIECE and end > start:
            yield start, end
            start = end
        while stop - start > PIECE:
            cut = text.rfind(" ", start + 1, start + PIECE)
            end = cut if cut > 0 else start + PIECE
            yield start, end
            start = end
        end = stop
    yield start, end
