"""Perspectives Distribution Score: how evenly a text refers to the sectors of the world.

WorldView-Bench (arXiv 2505.09595): `PDS_c = refs_c / Σ refs`, `H = −Σ PDS_c ln PDS_c / ln N`, 0 without any
reference. The paper's list of sectors is not public; ours stands in `agents/cultures/cultures.toml`.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Distribution:
    """Shares of references by sector (they sum to 1, or are empty) and their normalised entropy, 0 to 1."""

    shares: Mapping[str, float]
    entropy: float
    sectors: int


def distribution(references: Iterable[str], *, sectors: int) -> Distribution:
    """The score of references, each given as the sector it belongs to, over `sectors` possible ones.

    Raises:
        ValueError: `sectors` below 2, where no entropy can be normalised.
    """
    if sectors < 2:
        raise ValueError(f"a distribution needs at least two sectors, not {sectors}")
    counts = Counter(references)
    total = sum(counts.values())
    shares = {sector: count / total for sector, count in sorted(counts.items())}
    entropy = -sum(share * math.log(share) for share in shares.values()) / math.log(sectors)
    return Distribution(shares, entropy + 0.0, sectors)
