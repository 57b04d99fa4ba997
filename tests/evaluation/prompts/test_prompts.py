"""The evaluation's prompts have exactly the variables that their README documents."""

import json
import re
from pathlib import Path
from string import Template

import pytest

from agents.cultures.cultures import Cultures

FOLDER = Path(__file__).parents[3] / "evaluation" / "prompts"
ROW = re.compile(r"^\| `(\w+)` \| ([^|]*) \|", re.MULTILINE)
DOCUMENTED = {
    name: set(re.findall(r"`(\w+)`", variables))
    for name, variables in ROW.findall((FOLDER / "README.md").read_text("utf-8"))
}
STRICT = {"judge_care": {"reason", "rating"}, "extract_references": {"references"}}


def template(name: str) -> Template:
    return Template((FOLDER / f"{name}.md").read_text("utf-8"))


def test_every_file_is_documented_and_every_row_has_a_file():
    files = {path.stem for path in FOLDER.glob("*.md")} - {"README"}
    assert DOCUMENTED.keys() == files
    assert len(files) == 7


@pytest.mark.parametrize("name", DOCUMENTED)
def test_its_variables_are_those_documented(name):
    words = template(name)
    assert words.is_valid()
    assert set(words.get_identifiers()) == DOCUMENTED[name]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_values_arrive_as_they_are(name):
    values = {variable: f"<{variable} costs $5>" for variable in DOCUMENTED[name]}
    rendered = template(name).substitute(values)
    assert all(value in rendered for value in values.values())


@pytest.mark.parametrize(("name", "keys"), STRICT.items())
def test_the_example_of_a_strict_output_is_json_and_stands_last(name, keys):
    last = template(name).template.rstrip().splitlines()[-1]
    assert json.loads(last).keys() == keys


def test_the_sectors_are_those_of_the_score():
    (listed,) = re.findall(r"one of (western.*?)\. A people", template("extract_references").template)
    assert tuple(listed.split(", ")) == Cultures.load().sectors


@pytest.mark.parametrize("name", STRICT)
def test_what_is_judged_stands_between_markers(name):
    opened = re.findall(r"^<<(\w+) \$nonce>>$", template(name).template, re.MULTILINE)
    assert set(opened) - {"end"} == DOCUMENTED[name] - {"nonce"}
    assert opened.count("end") == len(opened) / 2
