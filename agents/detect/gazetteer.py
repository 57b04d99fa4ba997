"""Reads `data/gazetteer.tsv.gz`, which `build_gazetteer` makes: every name, the culture that bears it, its
part.
"""

import gzip
from collections.abc import Iterator
from typing import NamedTuple

from agents.detect.fold import fold
from agents.detect.inflection import ARTICLE
from agents.detect.tables import DATA, cells

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


def read_gazetteer() -> Iterator[Name]:
    """Yields the names of the packaged gazetteer. FileNotFoundError when the package came without it."""
    text = gzip.decompress((DATA / "gazetteer.tsv.gz").read_bytes()).decode()
    for line in text.splitlines():
        if not line.startswith("#"):
            share, kind, flags, names = line.split("\t")
            culture, _, weight = share.partition("=")
            small, exact, article = ("S" in flags, "X" in flags, "A" in flags)
            classes = flags.strip("SXA")
            for name in cells(names):
                stem, _, ending = (fold(name), "", "") if exact else name.partition("/")
                written = name if exact else ""
                yield Name(stem, ending, classes, kind, culture, float(weight or 1), small, written, article)
