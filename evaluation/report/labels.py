"""Names beside points, so that none lies on another name, a point, or beyond the panel."""

import itertools
from collections.abc import Sequence
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

Point = tuple[float, float]

_CLOSE = 7.0
_STEPS = (1.0, 1.8, 2.8, 4.0, 5.5, 7.5)
# right, left, above, below, then the corners
_WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
_SIDE: dict[int, Literal["left", "center", "right"]] = {1: "left", 0: "center", -1: "right"}
_LEVEL: dict[int, Literal["bottom", "center", "top"]] = {1: "bottom", 0: "center", -1: "top"}


def place(
    axes: Axes, points: Sequence[Point], names: Sequence[str], bars: Sequence[tuple[Point, Point]] = ()
) -> list[Annotation]:
    """Label the points (data coordinates) of a panel whose figure has been drawn.

    `bars` (from, to) are kept free too, where there is room enough. Each name takes the nearest free place; a
    thin line joins it to its point where that is not beside it.
    """
    spots = [(float(x), float(y)) for x, y in axes.transData.transform(list(points))]
    size = _CLOSE * axes.figure.dpi / 72
    taken = [Bbox.from_bounds(x - size / 2, y - size / 2, size, size) for x, y in spots]
    lines = [Bbox(axes.transData.transform(list(bar))).padded(size / 7) for bar in bars]
    made = []
    # the crowded first: they have the fewest places to go
    for index in sorted(range(len(points)), key=lambda one: _room(one, spots)):
        label = _put(axes, points[index], names[index], taken, lines)
        taken.append(Text.get_window_extent(label))
        made.append(label)
    return made


def _room(one: int, spots: Sequence[Point]) -> float:
    x, y = spots[one]
    return min(((x - a) ** 2 + (y - b) ** 2 for n, (a, b) in enumerate(spots) if n != one), default=0.0)


def _put(axes: Axes, point: Point, name: str, taken: Sequence[Bbox], lines: Sequence[Bbox]) -> Annotation:
    for shunned, step, way in itertools.product(([*taken, *lines], taken), _STEPS, _WAYS):
        label = _write(axes, point, name, step, way)
        box = label.get_window_extent()
        # away from its point a name must not seem to be another's
        far = box.padded(0 if step == 1 else _CLOSE)
        if not _inside(box, axes.bbox) or any(far.overlaps(other) for other in shunned):
            label.remove()
            continue
        if step == 1:
            return label
        # only now the line: it would count for the label's size
        label.remove()
        return _write(axes, point, name, step, way, {"arrowstyle": "-", "color": "#999999", "linewidth": 0.6})
    return _write(axes, point, name, 1, _WAYS[0])


def _write(
    axes: Axes,
    point: Point,
    name: str,
    step: float,
    way: tuple[int, int],
    line: dict[str, Any] | None = None,
) -> Annotation:
    x, y = way
    return axes.annotate(
        name,
        point,
        xytext=(x * _CLOSE * step, y * _CLOSE * step),
        textcoords="offset points",
        ha=_SIDE[x],
        va=_LEVEL[y],
        fontsize=8,
        arrowprops=line,
    )


def _inside(box: Bbox, panel: Bbox) -> bool:
    return bool(panel.x0 <= box.x0 and box.x1 <= panel.x1 and panel.y0 <= box.y0 and box.y1 <= panel.y1)
