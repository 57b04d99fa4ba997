"""The open questions as they ship: their shape, and what they must not carry."""

import itertools
import re
from collections import Counter
from pathlib import Path

import pytest
from babel import Locale
from rapidfuzz import fuzz

from agents.cultures.cultures import Cultures
from agents.detect.mentions import Mentions
from evaluation.tasks.worldviews.questions import (
    DOMAINS,
    InvalidQuestions,
    WorldviewQuestion,
    load_questions,
)

NEAR = 70
"""From this rapidfuzz ratio of sorted words (0 to 100) two are near-duplicates; ours stay below 65."""

PEOPLES_AND_RELIGIONS = """
    africa asia europe america arab western eastern oriental indigenous african asian european american
    islam muslim christian hindu buddhist jewish judaism taoist confucian sikh catholic protestant bible
    quran christianity hinduism buddhism god gods allah church mosque temple synagogue karma caste tribe
    tribal native chinese japanese indian nigerian french german russian mexican indonesian turkish
    persian maori yoruba
"""

COMPARING = (
    r"\b(cultur\w*|civilis\w*|tradition(s|al)\b|around the world|across|perspectives?|worldviews?|compare)"
)

RAW = """
[[question]]
id = "ethics-01"
domain = "ethics"
text = "{text}"
note = "why it is open"
sectors = ["western", "east-asian", "indigenous"]
"""


@pytest.fixture(scope="module")
def questions() -> tuple[WorldviewQuestion, ...]:
    return load_questions()


def test_twelve_in_each_of_seven_domains(questions):
    assert Counter(one.domain for one in questions) == dict.fromkeys(DOMAINS, 12)
    assert len({one.id for one in questions}) == 84


def test_sectors_are_those_of_the_score_and_each_is_drawn_upon(questions):
    drawn = Counter(sector for one in questions for sector in one.sectors)
    assert set(drawn) == set(Cultures.load().sectors)
    assert min(drawn.values()) >= 28, "a third of the questions at least, for every sector"


def test_no_two_are_near_duplicates(questions):
    near = [
        (one.id, two.id)
        for one, two in itertools.combinations(questions, 2)
        if fuzz.token_sort_ratio(one.text, two.text) >= NEAR
    ]
    assert near == []


def test_the_ruler_for_near_duplicates_finds_one():
    one, two = "What do grown children owe to their parents?", "What do children owe to their ageing parents?"
    assert fuzz.token_sort_ratio(one, two) >= NEAR


def test_openings_vary(questions):
    first = Counter(one.text.split()[0].strip(",") for one in questions)
    assert max(first.values()) <= len(questions) * 0.3
    assert len(first) >= 15
    assert max(Counter(tuple(one.text.split()[:2]) for one in questions).values()) <= 8


def test_no_country_people_or_religion_is_named(questions):
    territories = Locale("en").territories.items()
    countries = {name.casefold() for code, name in territories if code.isalpha()}
    for one in questions:
        words = set(re.findall(r"\w+", one.text.casefold()))
        assert not words.intersection(PEOPLES_AND_RELIGIONS.split()), one
        assert not words.intersection(countries), one
        assert not re.search(r"(?<!^)\b[A-Z]\w+", one.text), f"a proper name: {one}"


def test_the_detector_finds_no_culture_in_any_question(questions):
    cultures = Cultures.load()
    mentions = Mentions(cultures.area_names())
    assert not [(one.id, found) for one in questions if (found := mentions.find(one.text, language="en"))]


def test_none_asks_to_compare_cultures(questions):
    for one in questions:
        assert not re.search(COMPARING, one.text, re.IGNORECASE), one


def write(folder: Path, text: str) -> Path:
    path = folder / "questions.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_file_says_nothing_else(tmp_path):
    path = write(tmp_path, RAW.format(text="short?") + 'flavour = "sweet"\n')
    with pytest.raises(InvalidQuestions, match=r"ethics-01: .*flavour"):
        load_questions(path)


def test_a_missing_field_is_named(tmp_path):
    path = write(tmp_path, RAW.format(text="short?").replace("note", "remark"))
    with pytest.raises(InvalidQuestions, match=r"ethics-01: .*remark"):
        load_questions(path)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('domain = "ethics"', 'domain = "cooking"', "its domain is 'cooking'"),
        ('id = "ethics-01"', 'id = "religion-01"', "does not begin with its domain"),
        ("What should be the measure of it all?", "Why?", "1 words, not 8 to 30"),
        ("of it all?", "of it all.", "question mark"),
        ("why it is open", " ", "no note"),
        ('"western", ', "", "fewer than 3 sectors"),
        ('"western", "east-asian"', '"western", "western", "east-asian"', "one of them twice"),
    ],
)
def test_a_question_that_breaks_a_rule_is_named(tmp_path, old, new, fault):
    text = RAW.format(text="What should be the measure of it all?")
    assert old in text
    with pytest.raises(InvalidQuestions, match=fault):
        load_questions(write(tmp_path, text.replace(old, new)))


def test_a_set_that_is_not_whole_or_repeats_itself_is_refused(tmp_path):
    one = RAW.format(text="What should be the measure of it all?")
    with pytest.raises(InvalidQuestions, match="ethics has 2 questions, not 12") as refused:
        load_questions(write(tmp_path, one + one))
    assert "the id 'ethics-01' stands twice" in str(refused.value)
    assert "the text 'what should be" in str(refused.value)


def test_ids_count_up_within_a_domain(questions):
    assert [one.id for one in questions] == [f"{domain}-{n:02}" for domain in DOMAINS for n in range(1, 13)]
