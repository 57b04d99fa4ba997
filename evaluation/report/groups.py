"""Who is served how well, and what the order of options and the phrasing of a task move.

One mean hides both. Khan, Casper & Hadfield-Menell ("Randomness, Not Representation", arXiv 2503.08688) show
that findings on cultures change with the form in which a model is asked; so every score stands beside the
spread over the forms, and beside the culture that fares worst.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from evaluation.report.rows import Row
from evaluation.report.statistics import RESAMPLES, Interval, Mean, mean, scored, wilson

MINIMUM = 30
# A question, and the other kind of variant where that is held fixed.
_Asked = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Culture:
    """One culture's mean. `eligible`: asked enough to be best or worst. `parity`: share of the best."""

    name: str
    mean: Mean
    eligible: bool
    parity: float | None = None


@dataclass(frozen=True, slots=True)
class Cultures:
    """All cultures, best first; worst and parities among the eligible; `reason`: why there is none."""

    all: tuple[Culture, ...]
    worst: Culture | None
    reason: str | None = None


def by_culture(
    rows: Iterable[Row], scorer: str, *, minimum: int = MINIMUM, resamples: int = RESAMPLES
) -> Cultures:
    """Means by culture, with parity Acc_g / Acc_best over the cultures with at least `minimum` questions.

    Shares of right answers have Wilson's interval with the clusters as its n (answers in a cluster are taken
    to say the same, so it is rather too wide than too narrow); other scores the bootstrap's.
    """
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.culture is not None:
            grouped[row.culture].append(row)
    means = {name: _mean(of, scorer, resamples) for name, of in grouped.items()}
    values = {name: found.value for name, found in means.items() if found.value is not None}
    eligible = {name for name in values if means[name].questions >= minimum}
    best = max((values[name] for name in eligible), default=0.0)
    every = tuple(
        Culture(
            name,
            means[name],
            name in eligible,
            values[name] / best if name in eligible and best > 0 else None,
        )
        for name in sorted(values, key=lambda name: (-values[name], name))
    )
    if len(eligible) < 2:
        reason = f"fewer than two cultures with {minimum} questions" if every else "no cultures"
        return Cultures(every, None, reason)
    worst = [culture for culture in every if culture.eligible][-1]
    return Cultures(every, worst, None if best > 0 else "the best culture has 0")


def _mean(rows: list[Row], scorer: str, resamples: int) -> Mean:
    values = [value for _, value in scored(rows, scorer)]
    if not all(value in (0, 1) for value in values):
        return mean(rows, scorer, resamples=resamples)
    share = sum(values) / len(values) if values else None
    clusters = len({row.cluster for row, _ in scored(rows, scorer)})
    questions = len({row.question for row, _ in scored(rows, scorer)})
    interval: Interval | None = None if share is None else wilson(share, clusters)
    return Mean(share, interval, len(values), questions, clusters, None if values else "no data")


@dataclass(frozen=True, slots=True)
class Spread:
    """Max - min of the means by variant. `same`: all variants were asked about the same questions.

    Where some were not, the means are over the `questions` that were asked in all variants; where there are
    none of these, over whatever each variant was asked, so that the spread is one of questions too.
    """

    value: float | None
    means: Mapping[int, float]
    questions: int
    same: bool
    reason: str | None = None


def spread(rows: Iterable[Row], scorer: str, over: Literal["order", "phrasing"]) -> Spread:
    """What the order of the options, or the phrasing of the instruction, moves.

    The other is held fixed where questions were asked so; else (each order of a question in another phrasing)
    it is left to the balance of the design.
    """
    found = [
        (variant, row.question, other, value)
        for row, value in scored(rows, scorer)
        for variant, other in [(row.order, row.phrasing) if over == "order" else (row.phrasing, row.order)]
        if variant is not None
    ]
    fixed = _tables((variant, (question, other), value) for variant, question, other, value in found)
    tables = _tables((variant, (question, None), value) for variant, question, _, value in found)
    if len(tables) < 2:
        return Spread(None, {}, 0, False, "one variant" if tables else "no variants")
    common = set.intersection(*(set(table) for table in tables.values()))
    same = all(set(table) == common for table in tables.values())
    if held := set.intersection(*(set(table) for table in fixed.values())):
        tables, common = fixed, held
    means = {variant: _over(tables[variant], common or set(tables[variant])) for variant in sorted(tables)}
    questions = len({question for question, _ in common})
    return Spread(max(means.values()) - min(means.values()), means, questions, same)


def _tables(found: Iterable[tuple[int, _Asked, float]]) -> dict[int, dict[_Asked, list[float]]]:
    tables: dict[int, dict[_Asked, list[float]]] = defaultdict(lambda: defaultdict(list))
    for variant, asked, value in found:
        tables[variant][asked].append(value)
    return tables


def _over(table: Mapping[_Asked, list[float]], keys: set[_Asked]) -> float:
    """Every key counts once, however often it was asked."""
    return sum(sum(table[key]) / len(table[key]) for key in keys) / len(keys)
