"""NormAd and MMLU: what they ask, and what one letter or one word to everything gets."""

import pytest

from evaluation.datasets import DataError
from evaluation.tasks.mmlu_stem.task import FILE as MMLU
from evaluation.tasks.mmlu_stem.task import mmlu_stem
from evaluation.tasks.normad.task import FILE as NORMAD
from evaluation.tasks.normad.task import country_name, normad


def story(number, label="yes", **changes):
    about = {"id": f"n{number}", "country": "saudi_arabia", "rule_of_thumb": f"Rule {number // 2}."}
    told = f"Someone bowed {number} times. Is what they did acceptable?"
    return {**about, "story": told, "gold_label": label, **changes}


def question(number, subject):
    about = {"id": f"m{number}", "subject": subject, "prompt": f"{number} + 0?"}
    return {**about, "choices": [str(number + one) for one in range(4)], "answer": "A"}


def test_yes_always_gets_the_share_of_yes(write, run, means):
    stories = [story(0), story(1, "no"), story(2, "neutral"), story(3, "no"), story(4)]
    log = run(normad(data=write(NORMAD, stories), variants=3), lambda text: "Yes")
    assert means(log)["chosen"] == pytest.approx(2 / 5)
    assert {sample.metadata["culture"] for sample in log} == {"saudi_arabia"}


def test_the_rule_is_told_only_where_asked_for(write):
    data = write(NORMAD, [story(0), story(1), story(2)])
    for sample in normad(data=data).dataset:
        assert "Country: Saudi Arabia" in sample.input
        assert "Rule" not in sample.input
    assert all("Rule of thumb: Rule" in sample.input for sample in normad(data=data, rule=True).dataset)
    clusters = {
        sample.metadata["question"]: sample.metadata["cluster"] for sample in normad(data=data).dataset
    }
    assert clusters["n0"] == clusters["n1"] != clusters["n2"]
    assert "Rule" not in clusters["n0"]


def test_a_story_without_its_question_gets_one(write):
    task = normad(data=write(NORMAD, [story(0, story="Someone bowed.")]), variants=1)
    assert "Someone bowed. Is what they did socially acceptable?" in task.dataset[0].input


def test_a_label_that_is_none(write):
    with pytest.raises(DataError, match="n0"):
        normad(data=write(NORMAD, [story(0, "maybe")]))


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("egypt", "Egypt"),
        ("united_states_of_america", "United States of America"),
        ("bosnia_and_herzegovina", "Bosnia and Herzegovina"),
        ("timor-leste", "Timor-Leste"),
        ("türkiye", "Türkiye"),
    ],
)
def test_country_name(key, name):
    assert country_name(key) == name


def test_mmlu_spreads_a_limit_over_subjects(write, judge, means):
    questions = [question(number, f"s{number % 4}") for number in range(16)]
    task = mmlu_stem(data=write(MMLU, questions), limit=4, variants=3)
    assert {int(sample.metadata["question"][1:]) % 4 for sample in task.dataset} == {0, 1, 2, 3}
    assert {sample.metadata["culture"] for sample in task.dataset} == {None}
    expected = sum(sample.target == "A" for sample in task.dataset) / len(task.dataset)
    assert means(judge(task, lambda text: "A"))["chosen"] == pytest.approx(expected)


def test_mmlu_gold_that_is_no_option(write):
    with pytest.raises(DataError, match="m1"):
        mmlu_stem(data=write(MMLU, [{**question(1, "s"), "answer": "AB"}]))
