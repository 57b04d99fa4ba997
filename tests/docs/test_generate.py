"""The generated pages leave nothing out, and say what the code says."""

import json
import re
import subprocess
import sys

import pytest
import typer

from agents import Cultures, Prompts
from docs.generate.__main__ import pages
from docs.generate.schema_words import linked
from service.app import create_app
from service.cli import app
from service.settings import Settings
from tests.docs.page_blocks import ROOT


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages()


def commands(command: object, path: str = "polylect") -> list[str]:
    inner = getattr(command, "commands", {})
    return [one for name, each in inner.items() for one in commands(each, f"{path} {name}")] or [path]


def test_every_endpoint_and_every_object_has_its_heading(made):
    document = create_app(Settings()).openapi()
    page = made["reference/api.md"]
    for path, operations in document["paths"].items():
        for method in operations:
            assert f"\n### {method.upper()} {path}\n" in page
    for name, schema in document["components"]["schemas"].items():
        assert f"\n### {name}\n" in page
        (section,) = re.findall(rf"^### {name}\n(.*?)(?=^### |\Z)", page, re.MULTILINE | re.DOTALL)
        assert [field for field in schema.get("properties", {}) if f"| `{field}`" not in section] == []


def test_every_link_inside_the_page_of_objects_has_its_heading(made):
    page = made["reference/api.md"]
    headings = {name.lower() for name in re.findall(r"^### (\w+)$", page, re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", page)) <= headings


def test_every_command_and_every_option_is_there(made):
    page = made["reference/cli.md"]
    command = typer.main.get_command(app)
    for path in commands(command):
        assert f"\n## {path}\n" in page
    for option in command.commands["profile"].params:  # type: ignore[attr-defined]
        if option.name != "help":
            assert f"`{option.opts[0]}`" in page
    assert "whole number, at least 0, at most 4,096 | `64`" in page


def test_every_setting_is_there_with_its_default(made):
    page = made["reference/settings.md"]
    for name in Settings.model_fields:
        assert page.count(f"| `{name}`<br>`POLYLECT_{name.upper()}` |") == 1
    assert '`"127.0.0.1"`' in page
    assert "| whole number, at least 100 | 200,000 |" in page


def test_no_setting_is_without_words(made):
    rows = re.findall(r"^\| `\w+`<br>.*\| ([^|]*) \|$", made["reference/settings.md"], re.MULTILINE)
    assert len(rows) == len(Settings.model_fields)
    assert all(words.strip() for words in rows)


def test_every_prompt_is_there_with_its_variables_and_its_words(made):
    page, prompts = made["reference/prompts.md"], Prompts.load()
    for name in prompts.names:
        if name.startswith("cultures/"):
            assert f"| `{name.partition('/')[2]}` |" in page
            continue
        (section,) = re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
        assert all(f"`{one}`" in section for one in prompts.variables(name))
        assert all(f"${one}" in section for one in prompts.variables(name))


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 2**53}, "whole number, at least 1"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"type": "array", "items": {"$ref": "#/x/Voiced"}}, "list of [Voiced](#voiced)"),
        ({"enum": ["on", "strict"]}, '`"on"` or `"strict"`'),
        ({}, "anything"),
    ],
)
def test_a_type_is_told_in_words(schema, words):
    assert linked(schema) == words


def test_it_prints_its_pages_for_the_site():
    command = [sys.executable, "-m", "docs.generate"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    names = ("api", "cli", "prompts", "settings")
    assert set(json.loads(done.stdout)) == {"cultures.md", *(f"reference/{name}.md" for name in names)}


def test_the_page_of_cultures_says_who_reasons_in_what(made):
    page = made["cultures.md"]
    assert "made: reasoning" not in page
    others = dict(one.split(" ") for one in re.findall(r"that they reason in: (.*)\.\n", page)[0].split(", "))
    listed = dict(re.findall(r"^\| `([\w-]+)` [^|]*\| [^|]* \| (.*) \|$", page, re.MULTILINE))
    assert {*others, *listed} == {one.id for one in Cultures.load()}
    assert not others.keys() & listed.keys()
    assert others["JP"] == "ja"
    assert listed["KE"] == "English"
    assert listed["quechua"] == "Spanish"
