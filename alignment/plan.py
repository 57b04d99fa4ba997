"""Stage `plan`: which facet of which culture is asked about. No model is asked."""

import random
import tomllib
from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest
from pathlib import Path

from alignment.journal import Row

FACETS = Path(__file__).parent / "facets.toml"
SHARE = 0.10  # of a culture's plan: no domain has more


def read_facets(path: Path = FACETS) -> dict[str, list[str]]:
    """The facets of every domain."""
    return tomllib.loads(path.read_text("utf-8"))


def plan(
    cultures: Sequence[str], per_culture: int, facets: Mapping[str, Sequence[str]], seed: int
) -> list[Row]:
    """`per_culture` rows for each culture: `id`, `culture`, `domain`, `facet`, `turn`.

    Domains take turns, each culture in an order of its own, so that none has more than its share (a tenth,
    where there are ten domains and enough rows). Once all facets of a domain were planned, they come again,
    with another `turn`: the question stage asks for something else each time.
    """
    rows: list[Row] = []
    for culture in cultures:
        draw = random.Random(f"{seed}\0{culture}")  # noqa: S311  # an order, no secret
        domains = sorted(facets)
        draw.shuffle(domains)
        columns = []
        for domain in domains:
            order = list(facets[domain])
            draw.shuffle(order)
            turns = -(-per_culture // (len(domains) * len(order)))
            columns.append([(domain, facet, turn) for turn in range(turns) for facet in order])
        in_turn = [one for one in chain.from_iterable(zip_longest(*columns)) if one is not None]
        rows += [
            {"id": f"{culture}-{at:03}", "culture": culture, "domain": domain, "facet": facet, "turn": turn}
            for at, (domain, facet, turn) in enumerate(in_turn[:per_culture], 1)
        ]
    return rows
