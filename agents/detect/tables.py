"""Reads the tables of words and names in `data/`: facts that people wrote or reviewed, one row a line."""

from importlib.resources import files
from importlib.resources.abc import Traversable

DATA: Traversable = files("agents.detect") / "data"


def rows(name: str) -> list[list[str]]:
    """The rows of the tab-separated file `data/<name>.tsv`, as cells. Lines that start with # are remarks.

    FileNotFoundError if there is no such table.
    """
    text = (DATA / f"{name}.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def cells(cell: str) -> tuple[str, ...]:
    """The values of one cell that holds several, parted by `|`, in order."""
    return tuple(value for value in cell.split("|") if value)
