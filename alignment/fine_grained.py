"""CulFiT's fine-grained reward (arXiv 2505.19484), its recall over the gold's languages, as in the paper.

Of an answer a and the gold g, each bit a yes or no:

    P = [group + topic + Σ_{l∈La} 1(l∈Lg) + Σ_{k∈Ka} 1(k supported by Kg)] / (|Ka| + |La| + 2)
    R = [group + topic + Σ_{l∈Lg} 1(l∈La) + Σ_{k∈Kg} 1(k supported by Ka)] / (|Kg| + |Lg| + 2)
    F1 = 2PR / (P + R)

The released code iterates La in the recall too, which can then exceed 1.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FineGrained:
    """Precision, recall and their harmonic mean, 0 to 1, and that of the knowledge units alone."""

    precision: float
    recall: float
    f1: float
    unit_f1: float


def fine_grained(
    *,
    group: bool,
    topic: bool,
    spoken: Set[str],
    gold_spoken: Set[str],
    supported: Sequence[bool],
    covered: Sequence[bool],
) -> FineGrained:
    """Score an answer.

    Args:
        group: it speaks of the right people.
        topic: it speaks of what was asked.
        spoken: languages that it is in (La); `gold_spoken`: those of the gold (Lg).
        gold_spoken: see above.
        supported: for each knowledge unit of the answer (Ka), whether the gold supports it.
        covered: for each knowledge unit of the gold (Kg), whether the answer supports it.
    """
    bits = group + topic + len(spoken & gold_spoken)
    precision = (bits + sum(supported)) / (len(supported) + len(spoken) + 2)
    recall = (bits + sum(covered)) / (len(covered) + len(gold_spoken) + 2)
    units = _harmonic(_share(supported), _share(covered))
    return FineGrained(precision, recall, _harmonic(precision, recall), units)


def _share(bits: Sequence[bool]) -> float:
    return sum(bits) / len(bits) if bits else 0.0


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0
