"""How plots look: colours that the colour-blind tell apart, type that every machine has, two files each."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from evaluation.report.statistics import Difference

# Okabe & Ito (2008); shape says the same as colour.
LOOKS = {
    "reference": ("#3a3a3a", "D"),
    "better than the reference": ("#0072B2", "^"),
    "not told apart": ("#8a8a8a", "o"),
    "worse than the reference": ("#D55E00", "v"),
}
_LEGEND = 6.3
INK, FAINT = "#222222", "#d9d9d9"
_STYLE: Any = {
    # matplotlib ships it; names of cultures are text, never mathematics
    "font.family": "DejaVu Sans",
    "text.parse_math": False,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": "#888888",
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "legend.frameon": False,
    "svg.hashsalt": "polylect",
}


def look(name: str, found: Difference | None, reference: str) -> str:
    """Which of `LOOKS` an arm has by its difference; one that cannot be compared is not told apart."""
    if name == reference:
        return "reference"
    if found is not None and found.better:
        return "better than the reference"
    return "worse than the reference" if found is not None and found.worse else "not told apart"


@contextmanager
def figure(width: float, height: float) -> Iterator[Figure]:
    """An empty figure in inches (never too narrow for its legend), by Agg; the style ends with the block."""
    with mpl.rc_context(_STYLE):
        made = Figure(figsize=(max(width, _LEGEND), height), layout="constrained")
        FigureCanvasAgg(made)
        yield made


def legend(made: Figure, used: set[str], reference: str) -> None:
    """Above all panels, the looks that occur, the reference by its name."""
    handles = [
        Line2D(
            [], [], color=colour, marker=marker, linestyle="", label=name.replace("the reference", reference)
        )
        for name, (colour, marker) in LOOKS.items()
        if name in used
    ]
    if handles and handles[0].get_label() == "reference":
        handles[0].set_label(f"{reference} (reference)")
    made.legend(handles=handles, loc="outside upper left", ncols=len(handles), handletextpad=0.2)


def drawable(text: str) -> str:
    """The text, with a box for what the font lacks."""
    font = mpl.font_manager.get_font(mpl.font_manager.findfont("DejaVu Sans"))
    return "".join(char if font.get_char_index(ord(char)) else "□" for char in text)


def guide(axes: Axes, axis: Literal["x", "both"]) -> None:
    """Faint lines to read values along."""
    axes.grid(axis=axis, color="#eeeeee", linewidth=0.8)
    axes.set_axisbelow(True)


def settle(made: Figure) -> None:
    """Lay out once, and for good: what is placed in pixels afterwards stays where it was placed."""
    if made.get_layout_engine() is not None:
        made.draw_without_rendering()
        made.set_layout_engine("none")


def save(made: Figure, folder: Path, name: str) -> str:
    """Write NAME.png and NAME.svg; the name of the first."""
    settle(made)
    made.savefig(folder / f"{name}.png", dpi=160, facecolor="white")
    made.savefig(folder / f"{name}.svg", metadata={"Date": None})
    return f"{name}.png"
