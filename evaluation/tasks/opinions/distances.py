"""How far two distributions over the same answers are apart. The only file that needs SciPy's distances."""

import math
from collections.abc import Sequence


def similarity(one: Sequence[float], other: Sequence[float]) -> float:
    """1 − the Jensen–Shannon distance in base 2 (arXiv 2306.16388): 1 where alike, 0 where disjoint."""
    from scipy.spatial.distance import jensenshannon

    distance = float(jensenshannon(one, other, base=2))
    # Rounding can leave the root of a number just below zero where both are the same.
    return 1.0 if math.isnan(distance) else 1.0 - distance


def earth_mover(one: Sequence[float], other: Sequence[float]) -> float:
    """1 − the earth mover's distance on a scale from 0 to 1 with even steps: 1 alike, 0 at opposite ends."""
    from scipy.stats import wasserstein_distance

    places = [step / (len(one) - 1) for step in range(len(one))]
    return 1.0 - float(wasserstein_distance(places, places, one, other))
