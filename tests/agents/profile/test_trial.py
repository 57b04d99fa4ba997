"""What is asked, and how a choice is read."""

import math

import pytest

from agents.fake_model import FakeModel
from agents.model import ModelChunk, Usage
from agents.profile.questions import Calibration
from agents.profile.trial import letter_shares, read_letter

ASKED = Calibration("q", "What is eaten?", ("right", "wrong", "other"), 0, "q")
THOUGHT = "Watu wengi nchini Kenya hula ugali na sukuma wiki pamoja na familia zao kila siku jioni."


def top(**probabilities):
    return [{"token": token, "logprob": math.log(share)} for token, share in probabilities.items()]


async def test_it_thinks_and_then_chooses(trials, prompts):
    model = FakeModel([THOUGHT, "A"])
    made = await trials(model, tokens=64).make(ASKED, "sw")
    think, choose = model.requests
    assert think.messages[0]["content"].endswith(prompts.render("elicit", "sw"))
    assert [one["role"] for one in choose.messages] == ["user", "assistant", "user"]
    assert choose.messages[0] == think.messages[0]
    assert choose.messages[1]["content"] == THOUGHT
    assert choose.messages[2]["content"] == prompts.render("choose", "sw")
    assert (think.backbone, think.parameters["max_tokens"], think.parameters["temperature"]) == (
        "tiny",
        64,
        0,
    )
    assert made.reasoned_in == "sw"
    assert made.tokens == len(THOUGHT.split())
    assert made.scored == "letter"


async def test_without_reasoning_it_is_one_call(trials):
    model = FakeModel(["B"])
    made = await trials(model).make(ASKED, "sw")
    assert [one.stage for one in model.requests] == ["choose"]
    assert (made.reasoned_in, made.tokens) == (None, 0)


async def test_probabilities_win_over_what_is_written(trials):
    order = ASKED.order(1)
    gold = "ABC"[order.index(0)]
    logprobs = {"content": [{"token": "A", "logprob": -1.0, "top_logprobs": top(**{gold: 0.6, " C": 0.1})}]}
    other = next(letter for letter in "ABC" if letter != gold)
    made = await trials(FakeModel([[ModelChunk({"content": other}, logprobs=logprobs)]])).make(ASKED, "en")
    assert made.right
    assert made.scored == "probability"
    assert made.likely == pytest.approx(0.6 / (0.6 if gold == "C" else 0.7), abs=0.15)


async def test_what_is_no_letter_is_wrong_and_counted(trials):
    made = await trials(FakeModel(["It depends on the family."])).make(ASKED, "en")
    assert (made.right, made.chosen, made.likely, made.scored) == (False, None, None, "unparsed")


async def test_the_backbones_count_of_tokens_wins(trials):
    thought = [ModelChunk({"content": "One two"}, usage=Usage(5, 77))]
    made = await trials(FakeModel([thought, "A"]), tokens=64).make(ASKED, "en")
    assert made.tokens == 77


def test_shares_are_of_the_letters_alone():
    shares = letter_shares([*top(**{"A": 0.2, " B": 0.1, "(A": 0.1, "The": 0.5}), {"token": None}], "ABC")
    assert shares == pytest.approx({"A": 0.75, "B": 0.25, "C": 0.0})
    assert letter_shares(top(The=0.9), "ABC") == {}


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A", "A"),
        (" (b) ", "B"),
        ("**C**", "C"),
        ("B. Bread", "B"),
        ("C) Tea", "C"),
        ("A: rice", "A"),
        ("A lot of people eat rice.", None),
        ("Bread", None),
        ("D", None),
        ("", None),
        ("答案是B", None),
    ],
)
def test_letters_are_read_strictly(text, letter):
    assert read_letter(text, "ABC") == letter
