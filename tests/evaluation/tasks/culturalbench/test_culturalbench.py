"""CulturalBench through Inspect: one word to everything gets what it deserves."""

import pytest

from evaluation.datasets import DataError
from evaluation.tasks.culturalbench.task import FILE, culturalbench_easy, culturalbench_hard
from evaluation.tasks.culturalbench.verdicts import offered_first, parse_verdict, truth_share


def record(number, **changes):
    words = {"A": "tea", "B": "rice", "C": "maize", "D": "bread"}
    choices = {letter: f"{word}-{number}" for letter, word in words.items()}
    about = {"id": f"cb{number}", "country": "Peru", "question": f"What is usual on day {number}?"}
    return {**about, "choices": choices, "answer": "A", **changes}


@pytest.fixture
def data(write):
    return write(FILE, [record(number) for number in range(12)])


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("True", True),
        ("false.", False),
        ("**True**", True),
        ("The answer is False", False),
        ("Answer: True", True),
        ("True, because it is so.", True),
        ("False - people rarely do.", False),
        ("Let me think.\nTrue", True),
        ("True\nI am sure.", True),
        ("True or False", None),
        ("True, not False", None),
        ("True\nFalse", None),
        ("Yes", None),
        ("It is true", None),
        ("Truely", None),
        ("", None),
    ],
)
def test_parse_verdict(reply, said):
    assert parse_verdict(reply) is said


@pytest.mark.parametrize(
    ("reply", "all_right", "verdicts", "unparsed"),
    [("True", 0, 0.25, False), ("False", 0, 0.75, False), ("Perhaps", 0, 0, True)],
)
def test_hard_one_word_to_everything(data, run, means, reply, all_right, verdicts, unparsed):
    log = run(culturalbench_hard(data=data, limit=2, variants=1), lambda text: reply)
    assert means(log) == {"all_right": all_right, "verdicts": verdicts, "likeliest_right": 0}
    assert {sample.scores["all_right"].metadata["unparsed"] for sample in log} == {unparsed}


def test_hard_all_right_takes_four_calls(data, run, means, likely):
    asked = []

    def say(text):
        asked.append(text)
        right = "tea-" in text
        return likely(str(right), **{"True": 0.9 if right else 0.2, " false": 0.1 if right else 0.7})

    log = run(culturalbench_hard(data=data, limit=2, variants=1), say)
    assert means(log) == {"all_right": 1, "verdicts": 1, "likeliest_right": 1}
    assert len(asked) == 8
    shares = log[0].scores["likeliest_right"].metadata["options"]
    assert shares == pytest.approx([0.9, 2 / 9, 2 / 9, 2 / 9])


def test_hard_offers_both_words_first(data):
    task = culturalbench_hard(data=data, variants=3)
    firsts = {order: set() for order in range(3)}
    for sample in task.dataset:
        firsts[sample.metadata["order"]].add(sample.metadata["first"])
    assert firsts == {0: {True}, 1: {False}, 2: {True, False}}
    assert offered_first("cb1", 2, seed=1) == offered_first("cb1", 2, seed=1)


def test_truth_share_without_log_probabilities(likely):
    assert truth_share(likely("Hm", Hm=1.0)) is None


def test_easy_a_always_is_chance(write, judge, means):
    """All gold is A in the file: a model that says A gets no more than its place after shuffling."""
    task = culturalbench_easy(data=write(FILE, [record(number) for number in range(40)]), variants=9)
    expected = sum(sample.target == "A" for sample in task.dataset) / len(task.dataset)
    assert 0.15 < expected < 0.35
    assert means(judge(task, lambda text: "A"))["chosen"] == pytest.approx(expected)


def test_equal_options_are_left_out(write):
    same = dict.fromkeys("ABCD", "tea")
    task = culturalbench_easy(data=write(FILE, [record(1), record(2, choices=same)]), variants=1)
    assert [sample.metadata["question"] for sample in task.dataset] == ["cb1"]


def test_gold_that_is_no_option(write):
    with pytest.raises(DataError, match="cb1"):
        culturalbench_hard(data=write(FILE, [record(1, answer="E")]))
