"""A favourite letter is divided away; what depends on the question stays."""

import pytest
from inspect_ai import eval_async
from inspect_ai.model import Logprob, Logprobs, ModelOutput, ModelUsage, TopLogprob, get_model

from evaluation.choice import ChoiceQuestion, choice_task
from evaluation.report.calibration import CALIBRATED, FEWEST, calibrated
from evaluation.report.runs import read
from tests.evaluation.report.test_rows import row


def offered(n, letters, right, **changes):
    return row(f"q{n}#0.0", letters=letters, right=right, **changes)


def test_a_model_that_always_says_a_is_heard_in_what_it_says_more_or_less_surely():
    rows = [offered(n, (0.90, 0.10) if n % 2 else (0.80, 0.20), 0 if n % 2 else 1) for n in range(FEWEST)]
    assert {one.scores[CALIBRATED] for one in calibrated(rows)} == {1.0}
    wrong = [offered(n, one.letters, 1 - one.right) for n, one in enumerate(rows)]
    assert {one.scores[CALIBRATED] for one in calibrated(wrong)} == {0.0}


def test_each_contender_and_each_number_of_options_has_a_favourite_of_its_own():
    of_a = [offered(n, (0.9, 0.1) if n % 2 else (0.8, 0.2), 1 - n % 2, arm="a") for n in range(FEWEST)]
    of_b = [offered(n, (0.1, 0.9) if n % 2 else (0.2, 0.8), n % 2, arm="b") for n in range(FEWEST)]
    three = [offered(n + FEWEST, (0.5, 0.3, 0.2), 0, arm="a") for n in range(FEWEST - 1)]
    found = calibrated([*of_a, *of_b, *three])
    assert {one.scores[CALIBRATED] for one in found[: 2 * FEWEST]} == {1.0}
    assert {one.scores[CALIBRATED] for one in found[2 * FEWEST :]} == {None}, "too few to know a favourite"


def test_what_is_no_multiple_choice_is_left_alone_and_an_answer_without_letters_has_no_score():
    essay = row("e#0.0", task="essays")
    silent = row("q99#0.0", error="Unreachable", scores={"chosen": None})
    found = calibrated([essay, silent, *(offered(n, (0.5, 0.5), 0) for n in range(FEWEST))])
    assert found[0] == essay
    assert found[1].scores == {"chosen": None, CALIBRATED: None}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
async def test_letters_come_out_of_a_log_in_the_order_in_which_they_were_offered(tmp_path):
    questions = [
        ChoiceQuestion(f"q{n}", f"q{n}", "Which?", ("first", "second", "third"), 2) for n in range(30)
    ]
    task = choice_task(questions, ways=1, seed=1, name="tiny")
    task.metadata |= {"arm": "plain"}

    def reply(sample):
        likely = {"A": -0.1, "B": -4.0, "C": -5.0}
        likely[sample.target] += 1.0
        top = [TopLogprob(token=token, logprob=value) for token, value in likely.items()]
        output = ModelOutput.from_content("mockllm/model", "A")
        output.choices[0].logprobs = Logprobs(content=[Logprob(token="A", logprob=-0.1, top_logprobs=top)])
        output.usage = ModelUsage()
        return output

    outputs = [reply(sample) for sample in task.dataset]
    model = get_model("mockllm/model", custom_outputs=outputs, memoize=False)
    await eval_async(task, model=model, log_dir=str(tmp_path), max_samples=1)
    rows, _ = read([tmp_path])
    assert len(rows) == 30
    assert {one.scores[CALIBRATED] for one in rows} == {1.0}
    assert 0 < sum(one.scores["likeliest"] for one in rows) < 30, "A is its favourite"
