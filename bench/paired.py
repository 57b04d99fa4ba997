"""Statistics of paired yes-or-no outcomes, exact where that is cheap."""

import math


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if not count:
        return 0.0, 1.0
    share, square = hits / count, z * z / count
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * math.sqrt(share * (1 - share) / count + square / (4 * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def mcnemar(one: int, other: int) -> float:
    """The exact two-sided p of pairs that differ `one` way and the `other`."""
    count = one + other
    return min(1.0, 2 * sum(math.comb(count, k) for k in range(min(one, other) + 1)) / 2**count)


def detectable(pairs: int, power: float = 0.8) -> float:
    """The smallest difference found with this power at p < 0.05 where all pairs that differ do so one way."""
    need = next(count for count in range(1, 99) if mcnemar(count, 0) < 0.05)
    if pairs < need:
        return math.nan
    for percent in range(1, 101):
        d = percent / 100
        missed = sum(math.comb(pairs, k) * d**k * (1 - d) ** (pairs - k) for k in range(need))
        if 1 - missed >= power:
            return d
    return math.nan
