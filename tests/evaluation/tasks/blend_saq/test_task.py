"""BLEnD's short answers through Inspect: scores by hand, and what is left out."""

import pytest

from evaluation.datasets import DataError
from evaluation.tasks.blend_saq.task import FILE, blend_saq


def record(number, *, usable=True, **changes):
    return {
        "id": f"Iran:t{number}",
        "template_id": f"t{number}",
        "country": "Iran",
        "locale": "fa-IR",
        "question_en": f"What is eaten on day {number} in Iran?",
        "question_local": f"در روز {number} چه می‌خورند؟",
        "answers_en": [{"variants": ["bread"], "count": 4}, {"variants": ["rice"], "count": 1}],
        "answers_local": [{"variants": ["نان"], "count": 4}, {"variants": ["برنج"], "count": 1}],
        "usable": usable,
        **changes,
    }


@pytest.mark.parametrize(
    ("reply", "scores"),
    [
        ("Bread", {"matched": 1, "agreed": 1, "mentioned": 1}),
        ("rice", {"matched": 1, "agreed": 0.25, "mentioned": 1}),
        ("soup, stew, bread, rice", {"matched": 0, "agreed": 0, "mentioned": 1}),
        ("Yes", {"matched": 0, "agreed": 0, "mentioned": 0}),
    ],
)
def test_scores(write, judge, means, reply, scores):
    log = judge(blend_saq(data=write(FILE, [record(1), record(2)]), variants=1), lambda text: reply)
    assert means(log) == scores


def test_local_answers_to_local_questions(write, judge, means):
    task = blend_saq(data=write(FILE, [record(1)]), local=True)
    assert all("در روز" in sample.input for sample in task.dataset)
    assert {sample.metadata["language"] for sample in task.dataset} == {"fa-IR"}
    assert means(judge(task, lambda text: "نان"))["matched"] == 1


def test_an_empty_reply_is_unparsed(write, judge):
    log = judge(blend_saq(data=write(FILE, [record(1)]), variants=1), lambda text: " ")
    assert [sample.scores["matched"].metadata["unparsed"] for sample in log] == [True]


def test_only_usable_rows(write):
    task = blend_saq(data=write(FILE, [record(1), record(2, usable=False)]))
    assert {sample.metadata["cluster"] for sample in task.dataset} == {"t1"}


@pytest.mark.parametrize("answers", [[], [{"variants": ["x"], "count": "many"}], ["bread"]])
def test_answers_that_cannot_be_read(write, answers):
    with pytest.raises(DataError, match="Iran:t1"):
        blend_saq(data=write(FILE, [record(1, answers_en=answers)]))


def test_a_missing_field(write):
    lacking = {name: value for name, value in record(1).items() if name != "answers_local"}
    with pytest.raises(DataError, match="answers_local"):
        blend_saq(data=write(FILE, [lacking]))
