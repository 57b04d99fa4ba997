"""The figure of gain against samples: contenders called NAME-10, NAME-30, … each learned from so many."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from evaluation.report.calibration import CALIBRATED
from evaluation.report.canvas import INK, drawable, figure, guide, save
from evaluation.report.statistics import Difference
from evaluation.report.summary import Arm, Task

FEWEST = 3  # points that are a curve
_NUMBERED = re.compile(r".*\D-(\d+)")
_HUES = ("#0072B2", "#D55E00")  # as in `canvas`
_MARKERS = ("o", "s")
_APART = 1.04  # of two intervals at one place, along a logarithmic axis

Curve = dict[int, Difference]


def curve(tasks: Sequence[Task], reference: str, folder: Path) -> str | None:
    """A panel a task: the paired difference to the reference with its interval, by number of samples.

    None where no task has `FEWEST` such contenders beside the reference.
    """
    shown = [(task, curves(task)) for task in tasks]
    shown = [(task, found) for task, found in shown if any(len(one) >= FEWEST for one in found.values())]
    if not shown:
        return None
    columns = min(2, len(shown))
    rows = math.ceil(len(shown) / columns)
    with figure(3.6 * columns, 2.5 * rows) as made:
        panels = list(made.subplots(rows, columns, squeeze=False).flat)
        for panel, (task, found) in zip(panels, shown, strict=False):
            _panel(panel, task, found, reference)
        for panel in panels[len(shown) :]:
            panel.set_visible(False)
        return save(made, folder, "curve")


def curves(task: Task) -> dict[str, Curve]:
    """By scorer and number of samples what each contender gained: the headline, and calibrated."""
    scorers = [task.headline, *(one for one in task.scorers if one == CALIBRATED != task.headline)]
    numbered = {int(found[1]): arm for arm in task.arms if (found := _NUMBERED.fullmatch(arm.name))}
    return {scorer: _gains(numbered, task, scorer) for scorer in scorers}


def _gains(numbered: Mapping[int, Arm], task: Task, scorer: str) -> Curve:
    judged = {
        n: arm.headline if scorer == task.headline else arm.others[scorer] for n, arm in numbered.items()
    }
    gains = {n: one.difference for n, one in sorted(judged.items())}
    return {n: gain for n, gain in gains.items() if gain is not None and gain.value is not None}


def _panel(axes: Axes, task: Task, found: Mapping[str, Curve], reference: str) -> None:
    axes.axhline(0, color=INK, linewidth=0.8, zorder=0)
    samples = sorted({n for one in found.values() for n in one})
    for at, (scorer, gains) in enumerate(found.items()):
        hue, marker = _HUES[at], _MARKERS[at]
        places = [n * _APART ** (2 * at - len(found) + 1) for n in gains]
        for x, gain in zip(places, gains.values(), strict=True):
            if gain.interval is not None:
                axes.plot(
                    [x, x], [gain.interval.low, gain.interval.high], color=hue, linewidth=1.4, alpha=0.6
                )
        values = [gain.value or 0.0 for gain in gains.values()]
        axes.plot(places, values, color=hue, marker=marker, markersize=5, linewidth=1, label=scorer)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(samples))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(samples, [f"{n:,}" for n in samples])
    axes.set_xlim(samples[0] / 1.3, samples[-1] * 1.3)
    axes.set_title(drawable(task.name))
    axes.set_xlabel("samples learned from (log scale)")
    axes.set_ylabel(drawable(f"minus {reference}, 95 % interval"))
    axes.legend(loc="best", fontsize=8)
    guide(axes, "both")
