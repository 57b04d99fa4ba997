"""From right and wrong answers to a language: the corrected lower bound of a paired difference to English.

The published rule (LSKExtractor, arXiv 2505.14990) takes the best of many noisy means: the winner's curse.
Here a language is chosen only where

- its answers were compared with English on the same questions, and questions of one group count as one;
- the lower confidence bound of that difference is above zero, corrected for all places and languages that
  were looked at (Holm 1979);
- enough groups stand behind it. A place with too few borrows from its cultures, then from all questions: the
  rest of the minimum is filled with their groups, at the weight that is missing. What is borrowed never
  outvotes the place: where its own questions, on average, went against a language, that is not chosen.

The bound is Agresti and Min's of 2005 (Wald+2: half a pair more in each of the four cells, without which
thirty equal answers would have no variance at all), on group means, with Student's quantile for the normal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.knowledge_map import ENGLISH, OWN, Evidence
from agents.profile.extra import scipy_stats

Numbers = NDArray[np.float64]
_PSEUDO = 2.0  # pairs that are added: half of one in each of the four cells
_UNLIKE = 1.0  # of these, pairs that differ


@dataclass(frozen=True, slots=True)
class Answers:
    """What was measured, question by question.

    `right[language]`: 1 or 0 for each question. `groups`, `clusters` and `cultures`: what each belongs to
    (a culture may be None); `own`: which language is its culture's, None where none was tried.
    """

    right: Mapping[str, Sequence[float]]
    groups: Sequence[str]
    clusters: Sequence[int]
    cultures: Sequence[str | None]
    own: Sequence[str | None]

    def languages(self) -> tuple[str, ...]:
        """Those that are compared with English; the culture's own last, where there are two or more."""
        others = [one for one in self.right if one != ENGLISH]
        spoken = {one for one in self.own if one and one != ENGLISH}
        return (*others, OWN) if len(spoken) > 1 else tuple(others)

    def gained(self, language: str) -> Numbers:
        """For each question: right in this language less right in English; NaN where it was not tried."""
        english = np.asarray(self.right[ENGLISH], dtype=np.float64)
        if language != OWN:
            return np.asarray(self.right[language], dtype=np.float64) - english
        chosen = [
            self.right[one][at] if one and one in self.right else np.nan for at, one in enumerate(self.own)
        ]
        return np.asarray(chosen, dtype=np.float64) - english


@dataclass(frozen=True, slots=True)
class Estimate:
    """One language in one place, before correction: see `Evidence`.

    `spread`: the standard error; `opposed`: it borrows, and its own groups, on average, are below English.
    """

    place: str | int
    language: str
    difference: float
    smoothed: float
    spread: float
    groups: float
    from_here: float
    p: float
    opposed: bool = False


def weigh(answers: Answers, *, alpha: float, minimum: int) -> dict[str | int, tuple[Evidence, ...]]:
    """The evidence for each language in each place: clusters by number, cultures by id, and "overall".

    `alpha`: for a model that knows nothing better in any language, how likely at most anything is chosen
    anywhere. For a place it covers the difference of its own groups with those that it borrows, and not that
    of its own alone: a place that knows nothing better, and borrows from some that do, may well follow them.
    But where it borrows, and its own are below English on average, p is 1 and the lower bound at most 0;
    where fewer than `minimum` groups can be found, the bounds are -1 and 1. Neither can be chosen.
    """
    places: dict[str | int, NDArray[np.bool_]] = {"overall": np.ones(len(answers.groups), dtype=bool)}
    clusters, cultures = np.asarray(answers.clusters), np.asarray(answers.cultures, dtype=object)
    places |= {int(one): clusters == one for one in sorted(set(answers.clusters))}
    places |= {str(one): cultures == one for one in sorted({one for one in answers.cultures if one})}
    found = [
        estimate
        for place, here in places.items()
        for language in answers.languages()
        # A culture's own language is, in its own row, that language.
        if not (language == OWN and isinstance(place, str) and place != "overall")
        and (estimate := _estimate(answers, place, here, language, minimum)) is not None
    ]
    levels = _levels([one.p for one in found], alpha)
    weighed: dict[str | int, list[Evidence]] = {place: [] for place in places}
    for one, level in zip(found, levels, strict=True):
        weighed[one.place].append(_evidence(one, level))
    return {place: tuple(those) for place, those in weighed.items()}


def choose(evidence: Sequence[Evidence], own: int) -> tuple[str, str]:
    """The language with the highest lower bound above zero, else English; and why.

    `own`: how many groups of questions lie in the place itself.
    """
    won = sorted((one for one in evidence if one.low > 0), key=lambda one: -one.low)
    if won:
        best = won[0]
        told = f"{best.difference:+.0%} against English ({best.low:+.0%} to {best.high:+.0%})"
        return best.language, f"{told}, {_own(best, own)}"
    if not any(one.groups for one in evidence):
        return ENGLISH, "too few questions"
    nearest = max(evidence, key=lambda one: one.low)
    told = f"{nearest.difference:+.0%}, {nearest.low:+.0%} to {nearest.high:+.0%}, {_own(nearest, own)}"
    return ENGLISH, f"no language is surely better; the nearest is {nearest.language} ({told})"


def _own(evidence: Evidence, own: int) -> str:
    lent = "all" if evidence.from_here == 1 else f"{own} of them"
    return f"{evidence.groups:.0f} groups of questions, {lent} its own"


def _estimate(
    answers: Answers, place: str | int, here: NDArray[np.bool_], language: str, minimum: int
) -> Estimate | None:
    gained = answers.gained(language)
    tried = np.isfinite(gained)
    if not (here & tried).any():
        return None
    weights = _weights(answers, here & tried, tried, minimum)
    groups = np.unique(np.asarray(answers.groups), return_inverse=True)[1]
    total = np.bincount(groups, weights)
    kept = total > 0
    means = np.bincount(groups, weights * np.where(tried, gained, 0.0))[kept] / total[kept]
    total = total[kept]
    # Kish's effective number: what unequal weights are worth.
    effective = float(total.sum() ** 2 / (total**2).sum())
    difference = float((total * means).sum() / total.sum())
    second = float((total * means**2).sum() / total.sum())
    if effective < minimum - 1e-6:
        return Estimate(place, language, difference, 0.0, np.inf, 0.0, 1.0, 1.0)
    own = here & tried
    from_here = float(weights[own].sum() / weights.sum())
    opposed = from_here < 1 - 1e-9 and bool((weights[own] * gained[own]).sum() < 0)
    size = effective + _PSEUDO
    smoothed = effective * difference / size
    spread = float(np.sqrt(max((effective * second + _UNLIKE) / size - smoothed**2, 0.0) / size))
    p = 1.0 if opposed else float(scipy_stats().t.sf(smoothed / spread, size - 1))
    return Estimate(place, language, difference, smoothed, spread, effective, from_here, p, opposed)


def _weights(answers: Answers, here: NDArray[np.bool_], tried: NDArray[np.bool_], minimum: int) -> Numbers:
    """Each question's weight: those here one a group, and of others as much as is missing to `minimum`."""
    names = np.asarray(answers.groups)
    weights = _one_a_group(names, here)
    missing = minimum - len(set(names[here]))
    kin = _kin(answers, here) & tried & ~here
    for pool in (kin, tried & ~here & ~kin):
        lent = min(missing, len(set(names[pool])))
        if lent <= 0:
            continue
        shared = _one_a_group(names, pool)
        weights += shared * (lent / shared.sum())
        missing -= lent
    return weights


def _kin(answers: Answers, here: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Questions about the cultures that the questions here are about."""
    cultures = np.asarray(answers.cultures, dtype=object)
    known = {one for one in cultures[here] if one}
    return np.asarray([one in known for one in cultures], dtype=bool)


def _one_a_group(names: NDArray[np.str_], members: NDArray[np.bool_]) -> Numbers:
    """Weights that give every group among the members one, spread over its members."""
    groups = np.unique(names, return_inverse=True)[1]
    sizes = np.bincount(groups, members.astype(np.float64))
    return np.where(members, 1.0 / np.maximum(sizes[groups], 1.0), 0.0)


def _levels(ps: Sequence[float], alpha: float) -> list[float]:
    """At which level each is judged: Holm's step-down; all that come after the first failure share its level.

    A bound at its level is above zero exactly where Holm rejects, and no bound is told at a laxer one.
    """
    levels = [0.0] * len(ps)
    level = alpha / max(1, len(ps))
    stopped = False
    for rank, at in enumerate(sorted(range(len(ps)), key=lambda one: ps[one])):
        if not stopped:
            level = alpha / (len(ps) - rank)
            stopped = ps[at] > level
        levels[at] = level
    return levels


def _evidence(one: Estimate, level: float) -> Evidence:
    low, high = -1.0, 1.0
    if one.groups:
        reach = float(scipy_stats().t.isf(level, one.groups + _PSEUDO - 1)) * one.spread
        low = max(-1.0, one.smoothed - reach)
        if one.opposed:
            low = min(low, 0.0)
        high = min(1.0, one.smoothed + reach)
    told = (round(value, 4) for value in (one.difference, low, high))
    difference, low, high = told
    return Evidence(
        language=one.language,
        difference=difference,
        low=low,
        high=high,
        groups=round(one.groups, 1),
        from_here=round(one.from_here, 3),
        p=round(one.p, 6),
    )
