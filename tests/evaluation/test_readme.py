"""evaluation/README.md names every task, with its headline, and every arm; each task has its page."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from evaluation import run
from evaluation.arms import read_arms
from evaluation.report import __main__ as report
from evaluation.tasks import TASKS

FOLDER = Path(__file__).parents[2] / "evaluation"
TEXT = (FOLDER / "README.md").read_text("utf-8")


def rows(heading: str) -> dict[str, str]:
    """What stands in the first column of a section's table -> the rest of its row."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    found = {}
    for line in re.findall(r"^\| (`.*)$", section, re.MULTILINE):
        names, rest = line.split(" | ", 1)
        found |= dict.fromkeys(re.findall(r"`(\w+)`", names), rest)
    return found


def test_every_task_is_named_and_nothing_else():
    assert rows("Tasks").keys() == TASKS.keys()


def test_every_arm_is_named_and_nothing_else():
    assert rows("Arms").keys() == read_arms().keys()


@pytest.mark.parametrize(("command", "app"), [("make eval ", run.app), ("evaluation.report", report.app)])
def test_the_examples_have_options_that_there_are(command, app):
    lines = [line.partition("#")[0] for line in TEXT.splitlines() if command in line]
    named = set(re.findall(r"(?<!\S)(--[a-z]+)", " ".join(lines).replace('"', " ")))
    known = {name for one in get_command(app).params for name in one.opts}
    assert named
    assert named <= known


def test_every_task_has_a_page_with_licence_and_caveats():
    for code in FOLDER.glob("tasks/*/task.py"):
        page = (code.parent / "README.md").read_text("utf-8").lower()
        assert "licence" in page, code
        assert "caveat" in page, code


def test_scorers_that_are_headlines_exist():
    code = "".join(path.read_text("utf-8") for path in FOLDER.rglob("*.py"))
    for row in rows("Tasks").values():
        for name in re.findall(r"`(\w+)`", row):
            assert f"def {name}(" in code, name
