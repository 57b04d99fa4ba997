"""Names beside points, so that none lies on another name, a point, or beyond the panel."""

import itertools
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

_CLOSE = 7.0
_STEPS = (1.0, 1.8, 2.8, 4.0, 5.5, 7.5)
# right, left, above, below, then the corners
_WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
_SIDE = {1: "left", 0: "center", -1: "right"}
_LEVEL = {1: "bottom", 0: "center", -1: "top"}


def place(axes: Axes, points: Sequence[tuple[float, float]], names: Sequence[str]) -> list[Annotation]:
    """Label the points (data coordinates) of a panel whose figure has been drawn.

    Each name takes the nearest free place; a thin line joins it to its point where that is not beside it.
    """
    spots = [axes.transData.transform(point) for point in points]
    size = _CLOSE * axes.figure.dpi / 72
    taken = [Bbox.from_bounds(x - size / 2, y - size / 2, size, size) for x, y in spots]
    made = []
    # the crowded first: they have the fewest places to go
    for index in sorted(range(len(points)), key=lambda one: _room(one, spots)):
        label = _put(axes, points[index], names[index], taken)
        taken.append(_box(label))
        made.append(label)
    return made


def _room(one: int, spots: Sequence[tuple[float, float]]) -> float:
    x, y = spots[one]
    return min(((x - a) ** 2 + (y - b) ** 2 for n, (a, b) in enumerate(spots) if n != one), default=0.0)


def _put(axes: Axes, point: tuple[float, float], name: str, taken: Sequence[Bbox]) -> Annotation:
    for step, (x, y) in _places():
        label = axes.annotate(
            name,
            point,
            xytext=(x * _CLOSE * step, y * _CLOSE * step),
            textcoords="offset points",
            ha=_SIDE[x],  # type: ignore[arg-type]
            va=_LEVEL[y],  # type: ignore[arg-type]
            fontsize=8,
            arrowprops={"arrowstyle": "-", "color": "#999999", "linewidth": 0.6} if step > 1 else None,
        )
        box = _box(label)
        if _inside(box, axes.bbox) and not any(box.overlaps(other) for other in taken):
            return label
        label.remove()
    return axes.annotate(name, point, xytext=(_CLOSE, 0), textcoords="offset points", va="center", fontsize=8)


def _places() -> Iterator[tuple[float, tuple[int, int]]]:
    return itertools.product(_STEPS, _WAYS)


def _box(label: Annotation) -> Bbox:
    """The words' own box, without the line to the point."""
    canvas = label.get_figure(root=True).canvas  # type: ignore[union-attr]
    assert isinstance(canvas, FigureCanvasAgg)  # noqa: S101 - figures are made by canvas.figure alone
    label.update_positions(canvas.get_renderer())
    return super(Annotation, label).get_window_extent(canvas.get_renderer())


def _inside(box: Bbox, panel: Bbox) -> bool:
    return panel.x0 <= box.x0 and box.x1 <= panel.x1 and panel.y0 <= box.y0 and box.y1 <= panel.y1
