"""The benchmarks, one folder each: where data come from, how it asks, how it scores, what to beware of."""

from collections.abc import Callable

from inspect_ai import Task

from evaluation.tasks.blend_mcq.task import blend_mcq
from evaluation.tasks.care.task import care
from evaluation.tasks.worldviews.task import worldviews

TASKS: dict[str, Callable[..., Task]] = {"blend_mcq": blend_mcq, "care": care, "worldviews": worldviews}
"""Every task by its name; each takes data, limit, variants and seed."""
