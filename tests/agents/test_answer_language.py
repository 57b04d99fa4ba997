"""In which language the final stage is told to answer."""

from agents.answer_language import answer_in
from agents.prompting import Prompts

PROMPTS = Prompts.load()


def test_an_unknown_language_is_the_questions_own_unless_another_was_asked_for():
    told = answer_in(PROMPTS, None)
    assert told.startswith("Answer in the language in which the question is written, unless another one")
    assert answer_in(PROMPTS, "ja") == PROMPTS.render("answer_in", "ja")
