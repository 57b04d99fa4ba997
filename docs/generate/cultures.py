"""The page of cultures, its table of who reasons in what made by asking the planner for each of them."""

import re
from pathlib import Path

from agents import Culture, FakeModel, Pipeline, Question, language_name, load_knowledge
from docs.generate.table import table

_PAGE = Path(__file__).parents[1] / "cultures.md"
_PLACE = re.compile(r"<!-- made: reasoning -->\n.*?<!-- end -->\n", re.DOTALL)
_ENGLISH = "en"


def cultures_page() -> str:
    """docs/cultures.md, its table of reasoning languages filled in.

    Raises:
        ValueError: the page has no place for the table, or more than one.
    """
    page, places = _PLACE.subn(lambda _: _reasoning(), _PAGE.read_text("utf-8"))
    if places != 1:
        raise ValueError(f"docs/cultures.md has {places} places for the table of reasoning languages, not 1.")
    return page


def _reasoning() -> str:
    """How many reason in what, and each culture for which it is not its main language."""
    knowledge = load_knowledge()
    pipeline = Pipeline(FakeModel(), knowledge)
    reasons = {one: _language(pipeline, one) for one in knowledge.cultures}
    main = {one: language for one, language in reasons.items() if language == one.languages[0]}
    others = {one: language for one, language in reasons.items() if one not in main}
    english = list(others.values()).count(_ENGLISH)
    counted = (
        f"Of {len(reasons)} curated cultures {len(main)} reason in their main language (which is English for "
        f"{list(main.values()).count(_ENGLISH)} of them), {len(others) - english} in another of their "
        f"languages, and {english} in English instead. Those that do not reason in their main language:"
    )
    listed = table(["culture", "its languages", "reasons in"], (_row(*one) for one in others.items()))
    rest = ", ".join(f"{one.id} {language}" for one, language in main.items())
    return f"{counted}\n\n{listed}\n\nAll others, with the language that they reason in: {rest}.\n"


def _language(pipeline: Pipeline, culture: Culture) -> str:
    asked = Question(({"role": "user", "content": "?"},), mode="multiplex", cultures=(culture.id,))
    (voice,) = pipeline.plan(asked).voices
    return voice.language


def _row(culture: Culture, language: str) -> tuple[str, str, str]:
    spoken = ", ".join(_name(one) for one in culture.languages)
    return f"`{culture.id}` {culture.name('en')}", spoken, _name(language)


def _name(tag: str) -> str:
    return language_name(tag, "en")
