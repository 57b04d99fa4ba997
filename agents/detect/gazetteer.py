"""Reads `data/gazetteer.tsv.gz`, which `build_gazetteer` makes: every name, the culture that bears it, its
part.
"""

import gzip
from array import array
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from sys import intern
from typing import NamedTuple

from agents.detect.fold import fold
from agents.detect.inflection import ARTICLE
from agents.detect.tables import DATA

NOBODY = ""  # the culture of a phrase that holds a name and names nobody
ANYBODY = "*"  # the culture of what belongs to many, such as most religions


class Name(NamedTuple):
    """One name of one culture, folded. `stem + ending` is the whole name; inflection may change the ending.

    `weight` (0..1] is the culture's part in a shared name. `small`: lower case counts. `exact`: counts only
    as written here. `article`: stored without the Arabic article, which must precede it.
    """

    stem: str
    ending: str
    classes: str
    kind: str
    culture: str
    weight: float = 1.0
    small: bool = False
    exact: str = ""
    article: bool = False

    @property
    def whole(self) -> str:
        """The name as `fold` leaves it, with its article."""
        return f"{ARTICLE if self.article else ''}{self.stem}{self.ending}"


class _Row(NamedTuple):
    """What the names of one line of the file have in common; the fields are those of `Name`."""

    classes: str
    kind: str
    culture: str
    weight: float
    small: bool
    exact: bool
    article: bool


class Gazetteer:
    """The packaged names, by stem. A name is made when asked for: made at once, they take twice the memory.

    `taken`: names (folded, whole) that are left out, for somebody else bears them. FileNotFoundError when the
    package came without its file.
    """

    def __init__(self, taken: AbstractSet[str] = frozenset()) -> None:
        self._rows: list[_Row] = []
        self._row_of = array("I")  # by name
        self._endings: list[str] = []  # by name; of an exact one how it is written
        self._names_of: dict[str, int | tuple[int, ...]] = {}  # by stem
        text = gzip.decompress((DATA / "gazetteer.tsv.gz").read_bytes()).decode()
        for line in text.splitlines():
            if not line.startswith("#"):
                share, kind, flags, names = line.split("\t")
                self._add(_row(share, kind, flags), names.split("|"), taken)

    def stems(self) -> Iterator[str]:
        """Each stem once."""
        yield from self._names_of

    def names(self, stem: str) -> tuple[Name, ...]:
        """The names with this stem; may be none."""
        found = self._names_of.get(stem, ())
        return tuple(self._name(stem, one) for one in ((found,) if isinstance(found, int) else found))

    def __iter__(self) -> Iterator[Name]:
        """All names."""
        for stem in self._names_of:
            yield from self.names(stem)

    def wholes(self) -> Iterator[tuple[str, str]]:
        """(whole name, folded; culture id) of all names, without making them."""
        for stem, found in self._names_of.items():
            for one in (found,) if isinstance(found, int) else found:
                row = self._rows[self._row_of[one]]
                ending = "" if row.exact else self._endings[one]
                yield (f"{ARTICLE if row.article else ''}{stem}{ending}", row.culture)

    def _add(self, row: _Row, names: list[str], taken: AbstractSet[str]) -> None:
        for cell in names:
            stem, _, ending = (fold(cell), "", cell) if row.exact else cell.partition("/")
            if taken and (stem if row.exact else stem + ending) in taken:
                continue
            others = self._names_of.get(stem)
            if others is None:
                self._names_of[stem] = len(self._endings)
            else:
                first = (others,) if isinstance(others, int) else others
                self._names_of[stem] = (*first, len(self._endings))
            self._endings.append(intern(ending))
            self._row_of.append(len(self._rows))
        self._rows.append(row)

    def _name(self, stem: str, index: int) -> Name:
        row, ending = self._rows[self._row_of[index]], self._endings[index]
        exact, ending = (ending, "") if row.exact else ("", ending)
        return Name(
            stem, ending, row.classes, row.kind, row.culture, row.weight, row.small, exact, row.article
        )


def _row(share: str, kind: str, flags: str) -> _Row:
    culture, _, weight = share.partition("=")
    marks = ("S" in flags, "X" in flags, "A" in flags)
    return _Row(flags.strip("SXA"), kind, culture, float(weight or 1), *marks)
