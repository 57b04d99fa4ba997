"""The decoys say nothing: one names every sector as often, the other nobody."""

import re
import tomllib
from pathlib import Path

import pytest
from babel import Locale

from agents.cultures.cultures import Cultures
from agents.detect.mentions import Mentions

ROOT = Path(__file__).parents[2] / "evaluation"
DECOYS = tomllib.loads((ROOT / "decoys.toml").read_text("utf-8"))
QUESTIONS = tomllib.loads((ROOT / "tasks" / "worldviews" / "questions.toml").read_text("utf-8"))["question"]
LENGTHS = ("long", "short")


@pytest.fixture(scope="module")
def cultures() -> Cultures:
    return Cultures.load()


@pytest.fixture(scope="module")
def mentions(cultures) -> Mentions:
    return Mentions(cultures.area_names())


def test_two_decoys_of_two_lengths():
    assert {name: set(decoy) for name, decoy in DECOYS.items() if name != "names"} == {
        "list_all": set(LENGTHS),
        "neutral": set(LENGTHS),
    }


@pytest.mark.parametrize("length", LENGTHS)
def test_list_all_names_every_sector_as_often(length, cultures):
    assert tuple(DECOYS["names"]) == cultures.sectors
    per_sector = 2 if length == "long" else 1
    text = DECOYS["list_all"][length]
    for sector, names in DECOYS["names"].items():
        assert [text.count(name) for name in names] == [1] * per_sector + [0] * (2 - per_sector), sector


@pytest.mark.parametrize("length", LENGTHS)
def test_the_detector_finds_what_is_named_and_nothing_else(length, cultures, mentions):
    found = {decoy: mentions.find(DECOYS[decoy][length], language="en") for decoy in ("list_all", "neutral")}
    per_sector = 2.0 if length == "long" else 1.0
    weights = dict.fromkeys(cultures.sectors, 0.0)
    for one in found["list_all"]:
        weights[cultures.get(one.culture).sector] += one.weight
    assert weights == dict.fromkeys(cultures.sectors, per_sector)
    assert found["neutral"] == ()


@pytest.mark.parametrize("length", LENGTHS)
def test_neutral_names_nobody(length):
    text = DECOYS["neutral"][length]
    countries = Locale("en").territories.values()
    named = [*countries, *(name for names in DECOYS["names"].values() for name in names)]
    assert not [name for name in named if re.search(rf"\b{name}\b", text)]
    assert not re.search(r"(?<![.?!]\s)(?<!^)\b[A-Z]", text.replace("\n\n", " ").strip())


@pytest.mark.parametrize("decoy", ["list_all", "neutral"])
def test_neither_says_anything_of_a_question(decoy):
    """No word of content is shared with more than a few of the 84 questions."""
    text = set(re.findall(r"[a-z]{5,}", DECOYS[decoy]["long"].lower()))
    about = [
        one["id"]
        for one in QUESTIONS
        if len(text.intersection(re.findall(r"[a-z]{5,}", one["text"].lower()))) > 2
    ]
    assert len(about) <= 4


def test_nothing_is_to_be_filled_in():
    texts = [DECOYS[decoy][length] for decoy in ("list_all", "neutral") for length in LENGTHS]
    assert not [text for text in texts if "$" in text or "{" in text]
    assert all(len(text.split()) < 60 for text in texts[1::2])
    assert all(90 <= len(text.split()) <= 180 for text in texts[0::2])
