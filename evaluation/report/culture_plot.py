"""The figure of one task by culture: a panel an arm, a line a culture, in the order of the reference."""

import math
import textwrap
from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from evaluation.report.canvas import LOOKS, drawable, figure, guide, legend, look, save
from evaluation.report.groups import Culture
from evaluation.report.summary import Arm, Task

FEWEST = 3
_COLUMNS = 5
_LETTERS_PER_INCH = 12
_ECHO = "#c4c4c4"


def cultures(task: Task, reference: str, folder: Path) -> str | None:
    """Each culture's mean and interval, the reference's mean beside it.

    None where there are no cultures, or none was asked `FEWEST` questions: points without weight mislead.
    """
    arms = [arm for arm in task.arms if arm.cultures.all]
    if not arms or all(one.mean.questions < FEWEST for arm in arms for one in arm.cultures.all):
        return None
    base = {culture.name: culture for culture in arms[0].cultures.all}
    names = sorted({one.name for arm in arms for one in arm.cultures.all}, key=lambda one: _rank(base, one))
    rows = math.ceil(len(arms) / _COLUMNS)
    columns = math.ceil(len(arms) / rows)
    with figure(2.2 * columns + 1.7, rows * (0.2 * len(names) + 0.55) + 1.0) as made:
        grid = made.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        panels = list(grid.flat)
        for panel, arm in zip(panels, arms, strict=False):
            _panel(panel, arm, names, base, reference)
        for panel in panels[len(arms) :]:
            panel.set_visible(False)
        for panel in panels[max(0, len(arms) - columns) : len(arms)]:
            panel.tick_params(axis="x", labelbottom=True)
        panels[0].xaxis.set_major_locator(MaxNLocator(4, prune="upper"))
        panels[0].set_yticks(range(len(names)), [_counted(arms, name) for name in names])
        panels[0].set_ylim(len(names) - 0.5, -0.5)
        legend(made, {shown for arm in arms for shown in _looks(arm, reference)}, reference)
        made.supxlabel(_caption(task, arms[0].name, made.get_figwidth()), fontsize=9)
        return save(made, folder, f"cultures-{task.name}")


def _caption(task: Task, first: str, inches: float) -> str:
    sorting = f"sorted by {first}, whose means are the pale diamonds"
    told = f"{task.headline}, mean with 95 % interval; {sorting}; n: questions; hollow: too few to judge"
    return "\n".join(textwrap.wrap(drawable(told), int(inches * _LETTERS_PER_INCH)))


def _rank(base: Mapping[str, Culture], name: str) -> tuple[float, str]:
    value = base[name].mean.value if name in base else None
    return (math.inf if value is None else -value, name)


def _counted(arms: list[Arm], name: str) -> str:
    asked = {one.mean.questions for arm in arms for one in arm.cultures.all if one.name == name}
    count = str(min(asked)) if len(asked) == 1 else f"{min(asked)} to {max(asked)}"
    return drawable(f"{name} (n {count})")


def _looks(arm: Arm, reference: str) -> list[str]:
    return [look(arm.name, arm.culture_differences.get(one.name), reference) for one in arm.cultures.all]


def _panel(axes: Axes, arm: Arm, names: list[str], base: Mapping[str, Culture], reference: str) -> None:
    for name, other in base.items():
        if other.mean.value is not None:
            axes.plot(
                [other.mean.value], [names.index(name)], marker="D", color=_ECHO, markersize=4, linestyle=""
            )
    for culture, shown in zip(arm.cultures.all, _looks(arm, reference), strict=True):
        mean, height, (colour, marker) = culture.mean, names.index(culture.name), LOOKS[shown]
        if mean.interval is not None:
            ends = [mean.interval.low, mean.interval.high]
            axes.plot(ends, [height, height], color=colour, linewidth=1.2, alpha=0.55)
        if mean.value is not None:
            filled = colour if culture.eligible else "white"
            axes.plot([mean.value], [height], marker, color=colour, markerfacecolor=filled, markersize=5)
    axes.set_title(drawable(arm.name))
    axes.tick_params(axis="y", length=0)
    guide(axes, "both")
