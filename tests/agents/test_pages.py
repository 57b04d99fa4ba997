"""The pages about cultures as voices read them: none is missing, none belongs to nobody, none is a copy."""

import itertools
import re
from collections import Counter

import pytest
from rapidfuzz import fuzz

from agents.cultures.cultures import Cultures
from agents.cultures.tags import fallbacks
from agents.detect.words import Words
from agents.prompting import Prompts

PROMPTS = Prompts.load()
CULTURES = Cultures.load()
PAGES = [(culture.id, language) for culture in CULTURES for language in PROMPTS.page_languages(culture.id)]
ALIKE = 62
"""Of two pages in one language: what rapidfuzz's ratio of their words may be at most, of 100."""


def page(culture: str, language: str) -> str:
    return PROMPTS.render(f"cultures/{culture}", language)


def test_every_curated_culture_has_a_page_and_every_page_its_culture() -> None:
    written = {name.removeprefix("cultures/") for name in PROMPTS.names if name.startswith("cultures/")}
    assert written == {culture.id for culture in CULTURES}
    assert len(written) >= 60


def test_a_page_is_written_in_the_language_its_voice_reasons_in_or_in_english_alone() -> None:
    worded = set(PROMPTS.languages("perspective"))
    for culture in CULTURES:
        spoken = next((one for one in culture.languages if worded & set(fallbacks(one))), "en")
        own = {PROMPTS.language_of("perspective", spoken)}
        assert set(PROMPTS.page_languages(culture.id)) in ({"en"}, {"en"} | own), culture.id
    own_too = [culture for culture in CULTURES if len(PROMPTS.page_languages(culture.id)) == 2]
    assert len(own_too) >= 50


@pytest.mark.parametrize(("culture", "language"), PAGES)
def test_a_page_is_five_paragraphs_of_prose(culture: str, language: str) -> None:
    text = page(culture, language)
    assert len(text.split("\n\n")) == 5
    assert "\n" not in text.replace("\n\n", "")
    assert not re.search(r"[<>\[\]$#*_`]", text)
    assert 80 <= Words().count(text) <= 300
    assert len(text.encode()) <= 4_500


def test_no_page_is_nearly_another() -> None:
    for language in {language for _, language in PAGES}:
        texts = {one: page(one, language) for one, tag in PAGES if tag == language}
        for (one, text), (other, its_text) in itertools.combinations(texts.items(), 2):
            assert fuzz.token_sort_ratio(text, its_text) < ALIKE, (language, one, other)


def test_no_sentence_serves_for_two_cultures() -> None:
    """Three words and more: what is only a name may stand twice."""
    told: Counter[str] = Counter()
    for one, language in PAGES:
        sentences = re.split(r"(?<=[.!?。！？।؟።])\s*", page(one, language))
        told.update({sentence for sentence in sentences if len(sentence) > 40})
    assert [sentence for sentence, times in told.items() if times > 1] == []
