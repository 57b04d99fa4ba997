"""How the final stage is told in which language to answer."""

from agents.cultures.cultures import language_name
from agents.cultures.tags import fallbacks
from agents.prompting import Prompts


def answer_in(prompts: Prompts, language: str | None) -> str:
    """An instruction to answer in `language`, in that language where we have the words.

    An unknown language is not English: then the model is told to take the question's own, or another one if
    that was asked for.
    """
    if language is None:
        return prompts.render("answer_in_askers", "en")
    if prompts.language_of("answer_in", language) in fallbacks(language):
        return prompts.render("answer_in", language)
    return prompts.render("answer_in_named", "en", language=language_name(language, "en"))
