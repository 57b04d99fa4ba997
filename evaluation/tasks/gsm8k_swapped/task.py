"""GSM8K in another culture's names, foods and places: the same arithmetic, pair by pair with `gsm8k`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from inspect_ai import Task, task

from evaluation.datasets import fraction
from evaluation.numbers import NumberProblem, number_task
from evaluation.tasks.gsm8k.task import gsm8k_problems


class Swapped(Protocol):
    """A problem in other words; without replacements it is as it was."""

    @property
    def text(self) -> str: ...

    @property
    def replacements(self) -> Sequence[object]: ...


Swap = Callable[[str, str, str], Swapped]
"""(prompt, culture, seed) -> the prompt in the words of that culture; the seed is the problem's id."""


def swapped_task(swap: Swap, cultures: Sequence[str]) -> Callable[..., Task]:
    """The task `gsm8k_swapped` with this way to swap, each problem in one of the cultures.

    The problems and their ids are those of `gsm8k` under the same limit and seed, so that the two can be
    compared in pairs; a problem in which nothing could be swapped is no part of it.

    Raises:
        ValueError: no culture is named.
    """
    if not cultures:
        raise ValueError("gsm8k_swapped needs at least one culture to swap to")

    @task
    def gsm8k_swapped(data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1) -> Task:
        problems = _swapped(gsm8k_problems(data, limit, seed), swap, cultures, seed)
        return number_task(problems, ways=variants, seed=seed, name="gsm8k_swapped")

    return gsm8k_swapped


def _swapped(
    problems: Sequence[NumberProblem], swap: Swap, cultures: Sequence[str], seed: int
) -> Iterator[NumberProblem]:
    """Cultures in turn over problems that the seed has put in order: each gets as many as any other."""
    first = int(fraction(seed, "swapped") * len(cultures))
    for place, problem in enumerate(problems):
        culture = cultures[(first + place) % len(cultures)]
        told = swap(problem.text, culture, problem.id)
        if told.replacements:
            yield replace(problem, text=told.text, culture=culture)
