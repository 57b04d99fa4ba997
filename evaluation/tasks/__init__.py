"""The benchmarks, one folder each: where data come from, how it asks, how it scores, what to beware of."""

from collections.abc import Callable

from inspect_ai import Task

from evaluation.tasks.blend_mcq.task import blend_mcq

TASKS: dict[str, Callable[..., Task]] = {"blend_mcq": blend_mcq}
"""Every task by its name; each takes data, limit, variants and seed."""
