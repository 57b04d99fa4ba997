"""Every task on the real data, where they are: they load, and they hold what READMEs say."""

import json
from collections import Counter
from pathlib import Path

import pytest

from evaluation.tasks import TASKS
from evaluation.tasks.blend_saq.matching import answers_of, best_match, first_named
from evaluation.tasks.opinions.surveys import read_surveys

FIELDS = {"question", "cluster", "culture", "language", "order", "phrasing"}


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_loads(real_data, name):
    task = TASKS[name](data=real_data, limit=30, variants=3, seed=1)
    assert task.metadata["headline"]
    asked = len({sample.metadata["question"] for sample in task.dataset})
    assert asked == 30 or (name == "gsm8k_swapped" and 15 < asked < 30), "what cannot be swapped is left out"
    ways = 1 if name in {"care", "answer_language"} else 3
    assert len({sample.id for sample in task.dataset}) == len(task.dataset) == ways * asked
    assert all(sample.metadata.keys() >= FIELDS for sample in task.dataset)
    assert all(sample.input for sample in task.dataset)


def test_the_skew_of_gold_is_gone(real_data):
    """54 % of CulturalBench's gold is A."""
    targets = Counter(sample.target for sample in TASKS["culturalbench_easy"](data=real_data).dataset)
    assert all(0.22 < count / targets.total() < 0.28 for count in targets.values()), targets


def test_annotated_answers_match_themselves(real_data):
    missed = 0
    records = (
        (Path(real_data) / "blend_saq" / "blend_saq.jsonl").read_text("utf-8").strip("\n").split("\n")[::40]
    )
    for record in map(json.loads, records):
        for language, suffix in (("en", "en"), (record["locale"], "local")):
            answers = list(answers_of(record[f"answers_{suffix}"]))
            for variant in (one for answer in answers for one in answer.variants if one):
                said = first_named(variant, record[f"question_{suffix}"], language)
                missed += best_match(said, answers, language) is None
    assert missed == 0


def test_opinions_left_out(real_data):
    surveys, left_out = read_surveys(Path(real_data))
    assert len(surveys) == 422
    assert sum(left_out.values()) == 54
    for survey in surveys:
        assert all(sum(shares) == pytest.approx(1) for shares in survey.shares.values())
