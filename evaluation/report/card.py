"""The scores as a model card wants them: `python -m alignment export` puts OUT/scores.json into its card."""

import json
from collections.abc import Iterable
from pathlib import Path

from evaluation.report.statistics import Interval
from evaluation.report.summary import Arm, Task

Numbers = dict[str, float]


def card(tasks: Iterable[Task], reference: str) -> dict[str, dict[str, Numbers]]:
    """By task and arm the headline score, by task and pair the difference, each with its 95 % interval.

    Of who failed it says how often: failed answers are in no mean. What was not measured is left out.
    """
    return {task.name: dict(_of(task, reference)) for task in tasks}


def write_card(tasks: Iterable[Task], reference: str, path: Path) -> None:
    """The file; what stood in it is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = json.dumps(card(tasks, reference), ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(told + "\n", "utf-8")


def _of(task: Task, reference: str) -> Iterable[tuple[str, Numbers]]:
    for arm in task.arms:
        yield arm.name, _score(task, arm)
    for arm in task.arms:
        found = arm.headline.difference
        if found is not None and found.value is not None:
            yield f"{arm.name} against {reference}", {"difference": found.value, **_ends(found.interval)}


def _score(task: Task, arm: Arm) -> Numbers:
    mean = arm.headline.mean
    told: Numbers = {} if mean.value is None else {task.headline: mean.value, **_ends(mean.interval)}
    told |= {"questions": mean.questions}
    return told | {"failed answers": arm.failed} if arm.failed else told


def _ends(interval: Interval | None) -> Numbers:
    return {} if interval is None else {"95 % from": interval.low, "95 % to": interval.high}
