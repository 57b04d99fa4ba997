"""docs/how-to/deploy.md: its tables follow from its formulas, its figures from where they were measured."""

import math
import re
from pathlib import Path

import pytest

from agents import Limits
from service.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "how-to" / "deploy.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
BUSY, DETECTION = 0.7, 0.014
(SECONDS,) = (
    [float(value) for value in row]
    for row in re.findall(r"\| \*S\*, seconds \| (.+?) \| (.+?) \| (.+?) \|", TEXT)
)
ROWS = [
    [int(cell) for cell in row] for row in re.findall(r"^" + r"\| (\d+) " * 6 + r"\|$", TEXT, re.MULTILINE)
]
RATES = re.findall(r"^\| (\d+) \| (\d+) \| ([\d.]+) \|$", TEXT, re.MULTILINE)


def test_the_seconds_are_those_that_were_measured():
    for seconds, request in zip(
        SECONDS, ("plain", "3 voices + synthesis", "6 voices + synthesis"), strict=True
    ):
        assert re.search(rf"^\| {re.escape(request)} \| \d+ \| {seconds} \|", README, re.MULTILINE)
    assert "| with embedding where the lexical path is undecided | 14 ms |" in (
        ROOT / "docs" / "benchmarks" / "detection.md"
    ).read_text("utf-8")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} a minute")
def test_a_row_follows_from_the_formulas(row):
    requests, *backbones, at_once, services = row
    assert backbones == [math.ceil(requests * seconds / 60 / BUSY) for seconds in SECONDS]
    assert at_once == math.ceil(requests * SECONDS[-1] / 60)
    fan_outs = Settings.model_fields["max_fan_outs"].default
    assert f"is {fan_outs}." in TEXT
    assert services == max(2, math.ceil(requests * DETECTION / 60 / BUSY), math.ceil(at_once / fan_outs))


@pytest.mark.parametrize(("at_once", "rate", "councils"), RATES)
def test_councils_a_minute_follow_from_the_tokens_a_second(at_once, rate, councils):
    assert float(councils) == round(60 * int(rate) / 700, 1)


def test_both_tables_were_read():
    assert [row[0] for row in ROWS] == [1, 10, 60]
    assert [int(at_once) for at_once, _, _ in RATES] == [1, 6, 16]


def test_the_defaults_that_are_told_are_the_defaults():
    limits = Settings().limits()
    assert limits.agents == 6
    assert "six of 300, an answer of 1,024" in TEXT
    assert (Limits().voice_tokens, Limits().answer_tokens) == (300, 1_024)


def test_every_file_that_is_named_is_there():
    named = re.findall(r"(?:deploy|tests)/[\w./]*\w", TEXT)
    assert len(set(named)) >= 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_variable_is_known():
    known = {name.upper() for name in Settings.model_fields} | {"BIND", "YAML"}
    assert set(re.findall(r"POLYLECT_([A-Z_]+)", TEXT)) <= known
