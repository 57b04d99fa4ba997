"""120 questions in the languages that they claim, and a scorer that tells languages apart."""

from collections import Counter

import pytest
from inspect_ai.model import ChatMessageUser, ModelName, ModelOutput
from inspect_ai.scorer import Target
from inspect_ai.solver import TaskState

from evaluation.language import is_in
from evaluation.tasks.answer_language.task import answer_language, in_language, load_questions

QUESTIONS = list(load_questions())


def test_ten_questions_in_each_of_twelve_languages():
    assert Counter(one["language"] for one in QUESTIONS) == dict.fromkeys(
        ("ar", "de", "en", "es", "fr", "hi", "ja", "pt", "ru", "sw", "tr", "zh"), 10
    )
    assert len({one["text"] for one in QUESTIONS}) == 120


def test_the_questions_are_in_the_language_that_they_claim():
    """By the judge itself: a question that it takes for another language would be scored wrongly."""
    taken = [one["id"] for one in QUESTIONS if not is_in(one["text"], one["language"])]
    assert taken == []


def test_a_question_stands_alone():
    dataset = answer_language().dataset
    assert len(dataset) == 120
    assert {sample.input for sample in dataset} == {one["text"] for one in QUESTIONS}
    assert len({sample.metadata["language"] for sample in answer_language(limit=24).dataset}) == 12


def test_answers_may_be_bounded():
    assert answer_language().config.max_tokens == 512
    assert answer_language(max_tokens=96).config.max_tokens == 96


def test_variants_that_no_task_has_are_refused():
    with pytest.raises(ValueError, match="variants must be one of"):
        answer_language(variants=2)


@pytest.mark.parametrize(
    ("answer", "language", "value", "found"),
    [
        ("Man bringt meistens Blumen oder eine Flasche Wein mit.", "de", 1, "de"),
        ("Usually people bring flowers or a bottle of wine to dinner.", "de", 0, "en"),
        ("たいていは花かお菓子を持っていきます。", "ja", 1, "ja"),
        ("", "de", 0, None),
        ("1234 !!", "de", 0, None),
    ],
)
async def test_the_language_of_the_answer_counts(answer, language, value, found):
    state = TaskState(
        model=ModelName("mockllm/model"),
        sample_id="one",
        epoch=1,
        input="?",
        messages=[ChatMessageUser(content="?")],
        output=ModelOutput.from_content("mockllm/model", answer),
        metadata={"language": language},
    )
    score = await in_language()(state, Target(""))
    assert (score.value, score.metadata["found"]) == (value, found)
