"""Survey questions with what each country answered: left out where the coding is not certain."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluation.choice import TOP
from evaluation.datasets import DataError, Record, read_records

MENA = "opinions/menavalues.jsonl"
MENA_SOURCE = "MENAValues benchmark, github.com/llm-lab-org (MIT), as README.md says"
MENA_NEEDS = ("id", "min", "max", "is_scale", "question", "countries")
STANCES = "opinions/wvs_stance_by_country.jsonl"
STANCES_SOURCE = "github.com/jhrystrom/multicultural-alignment (MIT), as README.md says"
STANCES_NEEDS = ("id", "stance_pro", "stance_con", "pro_share_by_country")

UNCERTAIN = frozenset({"e028", "e225", "e226", "e228", "e233b", "f028"})
"""Stances whose wording is not what was asked, or whose cut through the scale is not told: see README.md."""

_NAMES = {
    "AU": "Australia",
    "BR": "Brazil",
    "CA": "Canada",
    "DK": "Denmark",
    "GB": "Great Britain",
    "KE": "Kenya",
    "NG": "Nigeria",
    "NIR": "Northern Ireland",
    "NL": "the Netherlands",
    "NZ": "New Zealand",
    "PT": "Portugal",
    "SG": "Singapore",
    "US": "the United States",
    "ZW": "Zimbabwe",
}
_NOISE = re.compile(r"\s*Provide a number only\.?\s*")
_LISTED = re.compile(r"(?:^|(?<=\s))(\d{1,2})\s*(?:[:.)]|-(?=\s))\s*")
_QUOTED = re.compile(r"'(\d{1,2})'\s*(?:being|means?|meaning)\s*'(.+?)'(?=[\s,.;)]|$)")
_FOLLOWS = re.compile(r"\b(?:second|third)(?:ly)?\b", re.IGNORECASE)
_ELSEWHERE = re.compile(r"\(with [12]\)")
_NEITHER = re.compile(r"\b(?:both|either)\b.*\bstatements\b", re.IGNORECASE)


class NotCoded(Exception):
    """What an answer's code stands for is not certain; says why."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A question, its answers, and the share of each answer by country.

    `ordinal`: the answers are steps of a scale, in order.
    """

    id: str
    text: str
    options: tuple[str, ...]
    ordinal: bool
    shares: Mapping[str, tuple[float, ...]]

    def elsewhere(self, country: str) -> tuple[float, ...] | None:
        """The mean of all other countries; None where there is no other."""
        others = [shares for name, shares in self.shares.items() if name != country]
        return tuple(sum(one) / len(others) for one in zip(*others, strict=True)) if others else None


def read_surveys(folder: Path) -> tuple[list[Survey], dict[str, int]]:
    """Every question whose coding is certain; how many others were left out, by reason.

    Raises:
        DataError: a file is missing, or a record lacks a field or has another shape.
    """
    kept, left_out = [], Counter[str]()
    for read, record in _records(folder):
        try:
            kept.append(read(record))
        except NotCoded as reason:
            left_out[str(reason)] += 1
        except (TypeError, ValueError, AttributeError, KeyError) as error:
            raise DataError(f"{record['id']} of {folder / 'opinions'} cannot be read: {error!r}.") from error
    return kept, dict(left_out)


def people_of(country: str) -> str:
    """A country as it is named in a question."""
    return _NAMES.get(country, country)


def _records(folder: Path) -> Iterator[tuple[Callable[[Record], Survey], Record]]:
    for record in read_records(folder, MENA, needs=MENA_NEEDS, source=MENA_SOURCE):
        yield scale, record
    for record in read_records(folder, STANCES, needs=STANCES_NEEDS, source=STANCES_SOURCE):
        yield stance, record


def scale(record: Record) -> Survey:
    """A question of MENAValues.

    Raises:
        NotCoded: what its codes stand for is not certain.
    """
    codes = range(int(record["min"]), int(record["max"]) + 1)
    text, options = _options(_NOISE.sub(" ", record["question"]).strip(), codes)
    if len(set(options)) < len(options):
        raise NotCoded("two answers read the same")
    if len(options) > TOP:
        raise NotCoded(f"more than {TOP} answers")
    if record["is_scale"] == "n" and _FOLLOWS.search(text):
        raise NotCoded("a second or third answer, which depends on the first")
    if any(_ELSEWHERE.search(option) for option in options):
        raise NotCoded("answers about statements that the question does not give")
    shares = {name: _shares(one["dist"], codes) for name, one in record["countries"].items()}
    # One row's "s" stands where all of its kind have "y": a scale, whose "mean" is a mean.
    ordinal = record["is_scale"] in {"y", "s"} and not any(_NEITHER.search(one) for one in options)
    return Survey(record["id"], text, options, ordinal, shares)


def stance(record: Record) -> Survey:
    """A stance of the World Values Survey: the share in favour, and all others.

    Raises:
        NotCoded: who counts as in favour is not certain.
    """
    if record["id"] in UNCERTAIN:
        raise NotCoded("a stance whose cut or wording is not certain")
    shares = {name: (float(pro), 1 - float(pro)) for name, pro in record["pro_share_by_country"].items()}
    if any(not 0 <= share <= 1 for pair in shares.values() for share in pair):
        raise NotCoded("a share outside 0 to 1")
    text = "Which of these statements do you agree with more?"
    return Survey(f"wvs-{record['id']}", text, (record["stance_pro"], record["stance_con"]), True, shares)


def _options(text: str, codes: range) -> tuple[str, tuple[str, ...]]:
    """The question without its list of answers, and the answers in the order of their codes."""
    marks = list(_LISTED.finditer(text))
    if [int(mark[1]) for mark in marks] == list(codes):
        ends = [*(mark.start() for mark in marks[1:]), len(text)]
        labels = [_label(text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
        if not all(labels):
            raise NotCoded("an answer without words")
        return text[: marks[0].start()].strip(), tuple(labels)
    named = {int(code): label for code, label in _QUOTED.findall(text)}
    if not {codes[0], codes[-1]} <= named.keys() <= set(codes):
        raise NotCoded("codes that the question does not name from the first to the last")
    return text, tuple(f"{code} ({named[code]})" if code in named else str(code) for code in codes)


def _label(text: str) -> str:
    return re.sub(r"[\s,;]+(?:or|and)?$", "", text.strip()).strip(" .,;")


def _shares(distribution: Mapping[str, float], codes: range) -> tuple[float, ...]:
    told = {float(code): float(share) for code, share in distribution.items()}
    if not told.keys() <= set(map(float, codes)):
        raise NotCoded("answers outside the codes")
    total = sum(told.values())
    if abs(total - 1) > 0.01:
        raise NotCoded("shares that do not make 1")
    return tuple(told.get(float(code), 0.0) / total for code in codes)
