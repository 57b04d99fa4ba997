"""Everything a report says, as numbers: one summary for each arm on each task."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluation.report.groups import MINIMUM, Cultures, Spread, by_culture, spread
from evaluation.report.pooled import Pooled, pooled
from evaluation.report.rows import Row
from evaluation.report.runs import Run
from evaluation.report.statistics import RESAMPLES, Difference, Mean, difference, mean


@dataclass(frozen=True, slots=True)
class Options:
    """What others are compared to, how many questions make a culture count, resamples of a bootstrap."""

    reference: str = "plain"
    minimum: int = MINIMUM
    resamples: int = RESAMPLES


@dataclass(frozen=True, slots=True)
class Cost:
    """Means per answer that did not fail; None where no answer says it. Seconds are wall time."""

    calls: float | None
    prompt_tokens: float | None
    completion_tokens: float | None
    tokens: float | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Judged:
    """One scorer's mean and its paired difference to the reference (None for the reference itself)."""

    mean: Mean
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm on one task. `at_worst`: the headline's mean if every failed answer had scored 0."""

    name: str
    headline: Judged
    others: Mapping[str, Judged]
    cultures: Cultures
    culture_differences: Mapping[str, Difference]
    order: Spread
    phrasing: Spread
    answers: int
    unparsed: int
    errors: Mapping[str, int]
    at_worst: float | None
    cost: Cost
    pooled: Pooled | None = None

    @property
    def failed(self) -> int:
        """Answers that ended in an error."""
        return sum(self.errors.values())


@dataclass(frozen=True, slots=True)
class Task:
    """One task: the scorer it is judged by, its arms (the reference first), its runs."""

    name: str
    headline: str
    scorers: tuple[str, ...]
    arms: tuple[Arm, ...]
    runs: tuple[Run, ...]

    def arm(self, name: str) -> Arm | None:
        """The arm of this name, if it was run."""
        return next((arm for arm in self.arms if arm.name == name), None)


def summarise(rows: Iterable[Row], runs: Sequence[Run], options: Options) -> list[Task]:
    """The tasks by name, each with all of its arms."""
    tasks: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        tasks[row.task][row.arm].append(row)
    return [
        _task(name, arms, tuple(run for run in runs if run.task == name), options)
        for name, arms in sorted(tasks.items())
    ]


def _task(name: str, arms: Mapping[str, list[Row]], runs: tuple[Run, ...], options: Options) -> Task:
    scorers = sorted({scorer for rows in arms.values() for row in rows for scorer in row.scores})
    headline = headline_of(runs, scorers)
    others = tuple(scorer for scorer in scorers if scorer != headline)
    reference = arms.get(options.reference)
    ordered = sorted(arms, key=lambda arm: (arm != options.reference, _natural(arm)))
    summaries = (
        _arm(arm, arms[arm], None if arm == options.reference else reference, (headline, *others), options)
        for arm in ordered
    )
    return Task(name, headline, (headline, *others), tuple(summaries), runs)


def _natural(name: str) -> list[tuple[str, int]]:
    """NAME-30 before NAME-100: the words and the numbers in it, in turn."""
    return [(word, int(number or -1)) for word, number in re.findall(r"(\D+|^)(\d*)", name)]


def headline_of(runs: Iterable[Run], scorers: Sequence[str]) -> str:
    """The scorer that most runs name and some row has, or a value of that scorer; else the first by name.

    Where every answer failed no row has a scorer; then it is the one that most runs name.
    """
    named = [name for name, _ in Counter(run.headline for run in runs if run.headline).most_common()]
    found = (one for name in named for one in scorers if one == name or one.startswith(f"{name}."))
    return next(found, next(iter([*scorers, *named]), ""))


def _arm(
    name: str, rows: list[Row], reference: list[Row] | None, scorers: tuple[str, ...], options: Options
) -> Arm:
    headline, *others = scorers
    judged = {scorer: _judged(rows, reference, scorer, options.resamples) for scorer in scorers}
    cultures = by_culture(rows, headline, minimum=options.minimum, resamples=options.resamples)
    errors = Counter(row.error for row in rows if row.error is not None)
    found = judged[headline].mean
    whole = found.n + errors.total()
    return Arm(
        name=name,
        headline=judged[headline],
        others={scorer: judged[scorer] for scorer in others},
        cultures=cultures,
        culture_differences=_by_culture(rows, reference, headline, cultures, options.resamples),
        order=spread(rows, headline, "order"),
        phrasing=spread(rows, headline, "phrasing"),
        answers=len(rows),
        unparsed=sum(row.unparsed for row in rows),
        errors=dict(sorted(errors.items())),
        at_worst=(found.value or 0.0) * found.n / whole if whole else None,
        cost=_cost([row for row in rows if row.error is None]),
        pooled=pooled(rows, resamples=options.resamples),
    )


def _judged(rows: list[Row], reference: list[Row] | None, scorer: str, resamples: int) -> Judged:
    paired = None if reference is None else difference(rows, reference, scorer, resamples=resamples)
    return Judged(mean(rows, scorer, resamples=resamples), paired)


def _by_culture(
    rows: list[Row], reference: list[Row] | None, scorer: str, cultures: Cultures, resamples: int
) -> dict[str, Difference]:
    """To the reference, in the cultures that were asked enough."""
    if reference is None:
        return {}
    return {
        culture.name: difference(
            [row for row in rows if row.culture == culture.name], reference, scorer, resamples=resamples
        )
        for culture in cultures.all
        if culture.eligible
    }


def _cost(rows: Sequence[Row]) -> Cost:
    return Cost(
        calls=_average(row.calls for row in rows),
        prompt_tokens=_average(row.prompt_tokens for row in rows),
        completion_tokens=_average(row.completion_tokens for row in rows),
        tokens=_average(row.tokens for row in rows),
        seconds=_average(row.seconds for row in rows),
    )


def _average(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
