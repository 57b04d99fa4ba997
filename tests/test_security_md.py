"""SECURITY.md says nothing of tests, files and settings that is not so."""

import ast
import re
from pathlib import Path

import pytest
import typer

from agents import Limits
from service.cli import app
from service.settings import Settings

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "SECURITY.md").read_text("utf-8")
SETTING = r"`POLYLECT_(\w+)`"
FILES = sorted(set(re.findall(r"`((?:agents|service|deploy)/[\w/]+\.\w+|\w+\.(?:toml|txt|py))`", TEXT)))
# In the table of bounds, or in words: `POLYLECT_X` (default).
GIVEN = re.findall(rf"^\| {SETTING} \| ([^|]+?) \|", TEXT, re.MULTILINE) + re.findall(
    rf"{SETTING} \(([^)]+)\)", TEXT
)


def existing_tests() -> set[str]:
    trees = (ast.parse(path.read_text("utf-8")) for path in (ROOT / "tests").rglob("test_*.py"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, kinds)}


def default_of(setting: str) -> object:
    """Its own, or what takes its place where it has none."""
    default = Settings.model_fields[setting].default
    return getattr(Limits(), setting, "unset") if default is None else default


def as_written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,.15g}" if isinstance(value, int | float) else str(value)


def test_every_test_that_is_named_exists():
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert len(named) > 25
    assert named - existing_tests() == set()


def test_every_file_that_is_named_exists():
    assert len(FILES) > 10
    assert [name for name in FILES if not (ROOT / name).exists()] == []


def test_every_setting_that_is_named_exists_and_has_a_default_beside_it():
    named = set(re.findall(r"POLYLECT_(\w+)", TEXT))
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    assert named == {name for name, _ in GIVEN}


@pytest.mark.parametrize(("name", "given"), GIVEN)
def test_a_settings_default_is_the_one_that_is_given(name, given):
    assert given == as_written(default_of(name.lower()))


def test_what_a_key_is_allowed_is_what_is_given():
    (section,) = re.findall(r"^`polylect keys create` allows .*?\n\n", TEXT, re.MULTILINE | re.DOTALL)
    command = typer.main.get_command(app).commands["keys"].commands["create"]  # type: ignore[attr-defined]
    defaults = {option.opts[0]: option.default for option in command.params if option.opts}
    for number, option in re.findall(r"(\d[\d,]*) [^`\d]*\(`(--[\w-]+)`\)", section.replace("\n", " ")):
        assert int(number.replace(",", "")) == defaults.pop(option)
    assert defaults.pop("--tokens-per-month") == 0
    assert not [option for option in defaults if "per-minute" in option or option == "--concurrent"]


def test_the_numbers_of_one_request_are_those_of_the_limits():
    limits = Limits()
    voices, choices = limits.max_agents, limits.max_choices
    assert f"up to {voices + choices} calls at the defaults: {voices} voices, and {choices} choices" in TEXT
    assert f"a voice ends at {limits.voice_characters:,} characters" in TEXT


@pytest.mark.parametrize("number", range(1, 11))
def test_all_ten_risks_have_their_section(number):
    assert len(re.findall(rf"^### LLM{number:02} ", TEXT, re.MULTILINE)) == 1
