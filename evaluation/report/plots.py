"""Figures: scores by arm, scores by culture, cost against score. What has no number is not drawn."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from evaluation.report.canvas import FAINT, LOOKS, drawable, figure, guide, legend, look, save, settle
from evaluation.report.culture_plot import cultures
from evaluation.report.curve import curve
from evaluation.report.labels import place
from evaluation.report.statistics import Interval
from evaluation.report.summary import Arm, Cost, Task

COSTS: dict[str, tuple[str, Callable[[Cost], float | None]]] = {
    "tokens": ("tokens per answer, prompt and completion (log scale)", lambda cost: cost.tokens),
    "seconds": ("seconds per answer (log scale)", lambda cost: cost.seconds),
}


def draw(tasks: Sequence[Task], reference: str, folder: Path) -> dict[str, str]:
    """Every figure that the data allow, as PNG and SVG; the PNGs' names by what they show."""
    drawn = {"Scores by arm": scores(tasks, reference, folder)}
    for task in tasks:
        drawn[f"{task.name} by culture"] = cultures(task, reference, folder)
    for name in COSTS:
        drawn[f"Score against {name} per answer"] = costs(tasks, reference, name, folder)
    drawn["Gain against samples"] = curve(tasks, reference, folder)
    return {shown: file for shown, file in drawn.items() if file}


def scores(tasks: Sequence[Task], reference: str, folder: Path) -> str | None:
    """A panel a task, a line an arm: the mean with its interval."""
    shown = [(task, [arm for arm in task.arms if arm.headline.mean.value is not None]) for task in tasks]
    shown = [(task, arms) for task, arms in shown if arms]
    if not shown:
        return None
    columns = min(2, len(shown))
    rows = math.ceil(len(shown) / columns)
    tallest = max(len(arms) for _, arms in shown)
    with figure(4.6 * columns + 0.4, rows * (0.27 * tallest + 1.05) + 0.4) as made:
        panels = list(made.subplots(rows, columns, squeeze=False).flat)
        for panel, (task, arms) in zip(panels, shown, strict=False):
            _score_panel(panel, task, arms, reference)
        for panel in panels[len(shown) :]:
            panel.set_visible(False)
        legend(made, {_look(arm, reference) for _, arms in shown for arm in arms}, reference)
        return save(made, folder, "scores")


def _look(arm: Arm, reference: str) -> str:
    return look(arm.name, arm.headline.difference, reference)


def _score_panel(axes: Axes, task: Task, arms: list[Arm], reference: str) -> None:
    for height, arm in enumerate(arms):
        mean, (colour, marker) = arm.headline.mean, LOOKS[_look(arm, reference)]
        _point(axes, mean.value, height, mean.interval, colour, marker)
        if arm.name == reference:
            axes.axvline(mean.value or 0.0, color=FAINT, linewidth=1, zorder=0)
    axes.set_yticks(range(len(arms)), [drawable(arm.name) for arm in arms])
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    asked = {arm.headline.mean.questions for arm in arms}
    count = f"{min(asked):,}" if len(asked) == 1 else f"{min(asked):,} to {max(asked):,}"
    axes.set_title(drawable(f"{task.name}, {count} questions"))
    axes.set_xlabel(drawable(f"{task.headline}, mean with 95 % interval"))
    guide(axes, "x")


def _point(
    axes: Axes, value: float | None, height: float, interval: Interval | None, colour: str, marker: str
) -> None:
    if value is None:
        return
    if interval is not None:
        axes.plot([interval.low, interval.high], [height, height], color=colour, linewidth=1.6, alpha=0.75)
    axes.plot([value], [height], marker=marker, color=colour, markersize=6, linestyle="")


def costs(tasks: Sequence[Task], reference: str, name: str, folder: Path) -> str | None:
    """A panel a task: what an answer costs, on a log axis, against the score; who has no cost is named."""
    label, cost = COSTS[name]
    shown = [(task, _priced(task, cost)) for task in tasks]
    shown = [(task, priced) for task, priced in shown if priced]
    if not shown:
        return None
    columns = min(2, len(shown))
    rows = math.ceil(len(shown) / columns)
    with figure(5.0 * columns + 0.2, 3.6 * rows + 0.4) as made:
        panels = list(made.subplots(rows, columns, squeeze=False).flat)
        for panel, (task, priced) in zip(panels, shown, strict=False):
            _cost_panel(panel, task, priced, reference, label)
        for panel in panels[len(shown) :]:
            panel.set_visible(False)
        legend(made, {_look(arm, reference) for _, priced in shown for arm, _ in priced}, reference)
        settle(made)
        for panel, (_, priced) in zip(panels, shown, strict=False):
            points = [(x, arm.headline.mean.value or 0.0) for arm, x in priced]
            bars = [
                ((x, held.low), (x, held.high)) for arm, x in priced if (held := arm.headline.mean.interval)
            ]
            place(panel, points, [drawable(arm.name) for arm, _ in priced], bars)
        return save(made, folder, f"cost-{name}")


def _priced(task: Task, cost: Callable[[Cost], float | None]) -> list[tuple[Arm, float]]:
    """What a log axis can hold."""
    pairs = [(arm, cost(arm.cost)) for arm in task.arms if arm.headline.mean.value is not None]
    return [(arm, value) for arm, value in pairs if value]


def _cost_panel(axes: Axes, task: Task, priced: list[tuple[Arm, float]], reference: str, label: str) -> None:
    axes.set_xscale("log")
    for arm, value in priced:
        mean, (colour, marker) = arm.headline.mean, LOOKS[_look(arm, reference)]
        if (interval := mean.interval) is not None:
            axes.plot([value, value], [interval.low, interval.high], color=colour, linewidth=1.4, alpha=0.5)
        axes.plot([value], [mean.value or 0.0], marker=marker, color=colour, markersize=7, linestyle="")
    values = [value for _, value in priced]
    axes.set_xlim(min(values) / 1.6, max(values) * 1.9)
    axes.margins(y=0.12)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    missing = [arm.name for arm in task.arms if arm.name not in {arm.name for arm, _ in priced}]
    axes.set_title(drawable(task.name))
    note = f"\nnot drawn, no number: {drawable(', '.join(missing))}" if missing else ""
    axes.set_xlabel(label + note)
    axes.set_ylabel(drawable(task.headline))
    guide(axes, "both")
