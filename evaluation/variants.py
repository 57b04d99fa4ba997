"""How a question is put: option orders and instruction phrasings, the same for all arms.

"Randomness, Not Representation" (arXiv 2503.08688): what looks like a model's opinion is often the order of
the options or the wording of the instruction. So a task has three of each, and the report shows the spread.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import TypeVar

from evaluation.datasets import fraction

T = TypeVar("T")

ORDERS = PHRASINGS = 3
VARIANTS = (1, 3, 9)
"""In how many ways each question may be put: one cell, one for each order, or all of orders × phrasings."""

_PHRASINGS = Path(__file__).parent / "phrasings.toml"


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to put a question: the order of the options, the phrasing of the instruction (0..2)."""

    order: int
    phrasing: int


def variants(question: str, count: int, seed: int) -> Iterator[Variant]:
    """`count` (1, 3 or 9) ways to put this question.

    With 1, questions are spread evenly over the nine cells; with 3, every order and every phrasing comes
    once, paired differently from question to question.

    Raises:
        ValueError: another count.
    """
    if count not in VARIANTS:
        raise ValueError(f"variants must be one of {VARIANTS}, not {count}")
    start = int(fraction(seed, f"cell:{question}") * ORDERS * PHRASINGS)
    if count == 1:
        yield Variant(start % ORDERS, start // ORDERS)
    elif count == ORDERS:
        yield from (Variant(one, (one + start) % PHRASINGS) for one in range(ORDERS))
    else:
        yield from (Variant(one, other) for one in range(ORDERS) for other in range(PHRASINGS))


def wordings(question: str, count: int, seed: int) -> list[Variant]:
    """The ways to put a question that has no options to order: order 0, each phrasing at most once.

    Raises:
        ValueError: another count than 1, 3 or 9.
    """
    phrasings = {one.phrasing for one in variants(question, count, seed)}
    return [Variant(0, phrasing) for phrasing in sorted(phrasings)]


def shuffled(options: Sequence[T], question: str, order: int, seed: int) -> list[T]:
    """The options in one of this question's three orders: three different ones where there are three.

    The first is a permutation that seed and question decide; the next are its rotations by a third each, so
    that no option keeps its place.
    """
    ranked = sorted(range(len(options)), key=lambda one: fraction(seed, f"{question}:{one}"))
    turn = round(order * len(options) / ORDERS)
    return [options[one] for one in ranked[turn:] + ranked[:turn]]


def phrase(kind: str, phrasing: int, **words: str) -> str:
    """The instruction `kind` in one of its phrasings, with its words put in.

    Raises:
        KeyError: no such kind, or a word that it needs is missing.
    """
    return Template(_phrasings()[kind][phrasing]).substitute(words)


@cache
def _phrasings() -> dict[str, list[str]]:
    return tomllib.loads(_PHRASINGS.read_text("utf-8"))
