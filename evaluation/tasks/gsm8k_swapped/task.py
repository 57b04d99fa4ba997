"""GSM8K in another culture's names, foods and places: the same arithmetic, pair by pair with `gsm8k`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspect_ai import Task, task

from evaluation.datasets import fraction
from evaluation.numbers import NumberProblem, number_task
from evaluation.tasks.gsm8k.task import gsm8k_problems
from evaluation.tasks.gsm8k_swapped.swap import Swaps
from evaluation.tasks.gsm8k_swapped.table import Table


@task
def gsm8k_swapped(data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1) -> Task:
    """Each problem in one of the six cultures' words.

    The problems and their ids are those of `gsm8k` under the same limit and seed, so that the two can be
    compared in pairs; a problem in which nothing could be swapped is no part of it.
    """
    swaps = Swaps(Table.load())
    problems = swapped(gsm8k_problems(data, limit, seed), swaps, seed)
    return number_task(problems, ways=variants, seed=seed, name="gsm8k_swapped")


def swapped(problems: Sequence[NumberProblem], swaps: Swaps, seed: int) -> Iterator[NumberProblem]:
    """Cultures in turn over problems that the seed has put in order: each gets as many as any other."""
    cultures = list(swaps.table.cultures)
    first = int(fraction(seed, "swapped") * len(cultures))
    for place, problem in enumerate(problems):
        culture = cultures[(first + place) % len(cultures)]
        told = swaps.swap(problem.text, culture, problem.id)
        if told.replacements:
            yield replace(problem, text=told.text, culture=culture)
