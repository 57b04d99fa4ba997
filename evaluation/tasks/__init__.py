"""The benchmarks, one folder each: where data come from, how it asks, how it scores, what to beware of."""

from collections.abc import Callable
from functools import partial

from inspect_ai import Task

from evaluation.tasks.blend_mcq.task import blend_mcq
from evaluation.tasks.blend_saq.task import blend_saq

TASKS: dict[str, Callable[..., Task]] = {
    "blend_mcq": blend_mcq,
    "blend_mcq_local": partial(blend_mcq, local=True),
    "blend_saq": blend_saq,
    "blend_saq_local": partial(blend_saq, local=True),
}
"""Every task by its name; each takes data, limit, variants and seed."""
