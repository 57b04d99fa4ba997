"""The benchmarks, one folder each: where data come from, how it asks, how it scores, what to beware of."""

from collections.abc import Callable
from functools import partial

from inspect_ai import Task

from evaluation.tasks.answer_language.task import answer_language
from evaluation.tasks.blend_mcq.task import blend_mcq
from evaluation.tasks.blend_saq.task import blend_saq
from evaluation.tasks.care.task import care
from evaluation.tasks.culturalbench.task import culturalbench_easy, culturalbench_hard
from evaluation.tasks.gsm8k.task import gsm8k
from evaluation.tasks.gsm8k_swapped.task import gsm8k_swapped
from evaluation.tasks.mgsm.task import mgsm
from evaluation.tasks.mmlu_stem.task import mmlu_stem
from evaluation.tasks.normad.task import normad
from evaluation.tasks.opinions.task import opinions
from evaluation.tasks.worldviews.task import worldviews

TASKS: dict[str, Callable[..., Task]] = {
    "answer_language": answer_language,
    "blend_mcq": blend_mcq,
    "blend_mcq_local": partial(blend_mcq, local=True),
    "blend_saq": blend_saq,
    "blend_saq_local": partial(blend_saq, local=True),
    "care": care,
    "culturalbench_easy": culturalbench_easy,
    "culturalbench_hard": culturalbench_hard,
    "gsm8k": gsm8k,
    "gsm8k_swapped": gsm8k_swapped,
    "mgsm": mgsm,
    "mmlu_stem": mmlu_stem,
    "normad": normad,
    "normad_rule": partial(normad, rule=True),
    "opinions": opinions,
    "worldviews": worldviews,
}
"""Every task by its name; each takes data, limit, variants and seed."""
