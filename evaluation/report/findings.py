"""What the numbers say, in sentences made from them: who is worse and better, and what to doubt.

Only the headline scorer's direction is known (more is better), so only it is judged.
"""

from collections.abc import Iterator

from evaluation.report.numerals import number, percent, signed
from evaluation.report.statistics import Difference, power
from evaluation.report.summary import Arm, Task

FAILED_SHARE = 0.02
FEW_CLUSTERS = 10
MOST_NAMED = 3


def findings(task: Task, reference: str) -> str:
    """One paragraph on a task."""
    return " ".join(_sentences(task, reference))


def _sentences(task: Task, reference: str) -> Iterator[str]:
    compared = [(arm, arm.headline.difference) for arm in task.arms]
    judged = [(arm, found) for arm, found in compared if found is not None and found.n]
    if not judged:
        yield f"No arm was asked what the reference ({reference}) was asked: nothing is compared."
    for word, chosen in (("worse", _which(judged, "worse")), ("better", _which(judged, "better"))):
        if chosen:
            yield f"**{word.capitalize()} than {reference}**: {'; '.join(map(_told, chosen))}."
        elif judged:
            yield f"No arm is {word} than {reference} by its whole interval."
    unclear = [(arm, found) for arm, found in judged if not found.worse and not found.better]
    if unclear:
        yield f"Not told apart from {reference}: {'; '.join(map(_undecided, unclear))}."
    yield from _by_culture(judged)
    yield from _doubts(task, judged)


def _which(judged: list[tuple[Arm, Difference]], verdict: str) -> list[tuple[Arm, Difference]]:
    chosen = [(arm, found) for arm, found in judged if getattr(found, verdict)]
    return sorted(chosen, key=lambda pair: abs(pair[1].value or 0.0), reverse=True)


def _told(pair: tuple[Arm, Difference]) -> str:
    arm, found = pair
    how = f"all {found.clusters} clusters alike" if found.interval is None else ""
    if found.interval is not None:
        how = f"{signed(found.interval.low)} to {signed(found.interval.high)}"
    return f"{arm.name} by {signed(found.value)} ({how})"


def _undecided(pair: tuple[Arm, Difference]) -> str:
    arm, found = pair
    smallest = power(found)
    return f"{arm.name} (differences from {number(smallest)} would show)" if smallest else arm.name


def _by_culture(judged: list[tuple[Arm, Difference]]) -> Iterator[str]:
    """Harm to one culture that a mean hides."""
    arms = [arm for arm, _ in judged]
    count = sum(len(arm.culture_differences) for arm in arms)
    if told := [text for arm in arms if (text := _harmed(arm))]:
        yield (
            f"In single cultures worse by the whole interval: {'; '.join(told)}. Of {count} such comparisons "
            f"about {number(0.025 * count, 1)} would look so by chance."
        )


def _harmed(arm: Arm) -> str:
    """Where an arm is worse, the worst first; many are counted."""
    worse = [(found.value or 0.0, name) for name, found in arm.culture_differences.items() if found.worse]
    named = [f"{name} ({signed(value)})" for value, name in sorted(worse)]
    if len(named) <= MOST_NAMED:
        return f"{arm.name} in {', '.join(named)}" if named else ""
    return f"{arm.name} in {len(named)} of {len(arm.culture_differences)}, most in {named[0]}"


def _doubts(task: Task, judged: list[tuple[Arm, Difference]]) -> Iterator[str]:
    for arm in task.arms:
        if arm.failed > FAILED_SHARE * arm.answers:
            yield (
                f"{percent(arm.failed / arm.answers)} of {arm.name}'s answers failed and are in no mean; "
                f"were they wrong, its {task.headline} would be {number(arm.at_worst)}."
            )
    for arm, found in judged:
        moved = max(arm.order.value or 0.0, arm.phrasing.value or 0.0)
        if (found.worse or found.better) and moved > abs(found.value or 0.0):
            yield f"The form of the question moves {arm.name} more ({number(moved)}) than this difference."
    if few := sorted({arm.name for arm in task.arms if 0 < arm.headline.mean.clusters < FEW_CLUSTERS}):
        yield f"Intervals from fewer than {FEW_CLUSTERS} clusters are rough ones: {', '.join(few)}."
