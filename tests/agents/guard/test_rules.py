"""The rule layer, language by language: what it must stop, and the look-alikes that it must let through."""

import json
import time
from pathlib import Path

import pytest

from agents.cultures.cultures import Cultures
from agents.detect.mentions import Mentions
from agents.guard.rules import Rules, RuleSet

ROWS = [
    (path.stem, json.loads(line))
    for path in sorted((Path(__file__).parent / "sentences").glob("*.jsonl"))
    for line in path.read_text("utf-8").splitlines()
]
LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "ja", "pt", "ru", "sw", "tr", "zh")


@pytest.fixture(scope="module")
def rules(knowledge) -> Rules:
    return Rules(knowledge.mentions)


def test_twelve_languages_have_rules_and_twenty_of_each_kind(rules) -> None:
    assert rules.languages == LANGUAGES
    for language in LANGUAGES:
        labels = [row["harmful"] for tag, row in ROWS if tag == language]
        assert min(labels.count(True), labels.count(False)) >= 20, language


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_harmful_is_stopped_and_its_look_alikes_pass(rules, language) -> None:
    rows = [row for tag, row in ROWS if tag == language]
    wrong = [row["text"] for row in rows if bool(rules.check(row["text"], language)) != row["harmful"]]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_pattern_is_well_formed(rules, language) -> None:
    rules.of(language).verify()


def test_an_uncovered_language_is_not_judged_by_the_words_of_another(rules) -> None:
    assert rules.check("Every Nigerian will cheat you.", "en")
    assert rules.check("Every Nigerian will cheat you.", "fi") is None
    assert rules.check("Every Nigerian will cheat you.", None) is None
    assert rules.check("Every Nigerian will cheat you.", "en-GB")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text", ["", " ", "x" * 100_000, "a, " * 50_000, "⟨⟩" * 500, "all all " * 9_000, "\ud800"]
)
def test_any_text_takes_little_time(rules, language, text) -> None:
    assert rules.of(language)  # compiled: a second, the first time
    began = time.monotonic()
    assert rules.check(text, language) is None
    assert time.monotonic() - began < 3


def test_broken_rules_are_refused_by_name() -> None:
    fine = {
        "groups": [],
        "group": "{name}",
        "all": [],
        "trait": [],
        "vermin": [],
        "lesser": [],
        "slur": [],
        "excuse": [],
    }
    assert RuleSet("xx", {**fine, "harm": {}}).check("anything", []) is None
    with pytest.raises(ValueError, match=r"rules/xx.toml: missing or unknown: harm"):
        RuleSet("xx", fine)
    with pytest.raises(ValueError, match=r"rules/xx.toml, harm.essence"):
        RuleSet("xx", {**fine, "harm": {"essence": ["(oops"]}}).verify()
    with pytest.raises(ValueError, match=r"rules/xx.toml, slur: .*\(oops"):
        RuleSet("xx", {**fine, "harm": {}, "slur": ["(oops"]})


def test_the_gazetteers_peoples_are_seen_in_their_inflection() -> None:
    fine = {"groups": [], "all": [], "trait": ["лгут"], "vermin": [], "lesser": [], "slur": [], "excuse": []}
    rules = RuleSet("ru", {**fine, "group": "{name}", "harm": {"essence": ["{group} {trait}"]}})
    mentions = Mentions(Cultures.load().area_names())
    text = "Японцы лгут."
    found = rules.check(text, [(one.start, one.end) for one in mentions.find(text)])
    assert found
    assert (found.kind, found.text) == ("essence", "Японцы лгут")
