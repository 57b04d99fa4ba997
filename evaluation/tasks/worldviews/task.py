"""Worldviews: 84 open questions of our own. Whose perspectives does an answer name, and what of them?

After WorldView-Bench (arXiv 2505.09595) and the study before it (arXiv 2501.03259).
"""

from dataclasses import asdict

from inspect_ai import Task, task

from evaluation.datasets import Record, pick
from evaluation.open import OpenQuestion, open_samples, open_task
from evaluation.tasks.worldviews.extracted import extracted
from evaluation.tasks.worldviews.questions import DOMAINS, load_questions
from evaluation.tasks.worldviews.scorers import counts, entropy, measured, relevance, sentiment
from evaluation.variants import wordings


@task
def worldviews(
    data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1, extractor: bool = False
) -> Task:
    """`extractor`: score what a model extracts as well; needs a judge. `data` is not used.

    Raises:
        ValueError: `variants` that no task has.
    """
    questions = load_questions()
    by_domain = {one: [other.text for other in questions if other.domain == one] for one in DOMAINS}
    records = pick([asdict(one) for one in questions], limit, seed, by="domain")
    samples = [
        sample
        for one in records
        for sample in open_samples(_question(one), wordings(one["id"], variants, seed))
    ]
    scorers = [entropy(), counts(), *measured(), relevance(by_domain), sentiment()]
    return open_task(
        samples,
        [*scorers, extracted()] if extractor else scorers,
        name="worldviews",
        headline="entropy",
        seed=seed,
        needs_judge=extractor,
    )


def _question(record: Record) -> OpenQuestion:
    return OpenQuestion(id=record["id"], text=record["text"], about={"domain": record["domain"]})
