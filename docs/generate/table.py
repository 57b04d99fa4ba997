"""A Markdown table whose cells may hold anything."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of these rows; nothing where there are none."""
    lines = [_line(row) for row in rows]
    return "\n".join([_line(headings), _line(["---"] * len(headings)), *lines]) if lines else ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """One line, and no bar that would end the cell."""
    return " ".join(text.split()).replace("|", "\\|")
