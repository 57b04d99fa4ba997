"""What is wrong with a configuration, in words that repeat no secret, wherever one has been put."""

import json
import re
from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rapidfuzz import process

_WITHHELD = frozenset({"embedder", "model_list", "router_settings", "redis_url"})
"""Keys with secrets in them, or below them: no value there is repeated."""

_LONGEST = 60
_MAPPING = re.compile(r"a valid dictionary( or instance of \w+)?")


def explain(error: ValidationError, known: Sequence[str]) -> str:
    """Every wrong key with its cure; `known` are those that there are."""
    lines = []
    for problem in error.errors(include_url=False):
        key = ".".join(str(step) for step in problem["loc"])
        lines.append(f"{key or 'configuration'}: {_cure(problem, key, known)}")
    return "Wrong configuration. " + "; ".join(lines)


def not_yaml(error: Exception) -> str:
    """Where a file is no YAML."""
    mark = getattr(error, "problem_mark", None) if isinstance(error, yaml.MarkedYAMLError) else None
    place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    cure = "Check quotes, brackets and indentation there"
    return (
        f"it cannot be read as YAML in UTF-8{place}. {cure}; the line is not repeated: it may hold a secret."
    )


def unparsed(error: SettingsError) -> str:
    """Which environment variable is not the JSON that it must be."""
    found = re.search(r'field "(\w+)"', str(error))
    name = f"POLYLECT_{found[1].upper()}" if found else "An environment variable"
    behind = error.__cause__ or error.__context__
    place = (
        f" at line {behind.lineno}, column {behind.colno}" if isinstance(behind, json.JSONDecodeError) else ""
    )
    cure = "Write it as the file has it, in JSON, or use the file"
    return f"{name}: it cannot be read as JSON{place}. {cure}; it is not repeated: it may hold a secret."


def _cure(problem: Any, key: str, known: Sequence[str]) -> str:
    if problem["type"] == "extra_forbidden":
        near = process.extractOne(key, known, score_cutoff=60)
        return "there is no such key" + (f"; did you mean {near[0]}?" if near else "; remove it.")
    if problem["type"] == "missing":
        return "it is missing; add it."
    withheld = problem["loc"][:1] in {(name,) for name in _WITHHELD} or not problem["loc"]
    value = "the value" if withheld else _shown(problem["input"])
    wanted = problem["msg"].removeprefix("Value error, ").replace("a valid tuple", "a list")
    return f"{value} cannot be used: {_MAPPING.sub('a mapping', wanted)}."


def _shown(value: Any) -> str:
    """The value, short, and of an address not who may go there."""
    if isinstance(value, dict | list | tuple):
        return "the value"
    text = str(value)
    _, at, behind = text.rpartition("@")
    shown = f"…@{behind}" if at else text
    return repr(shown[:_LONGEST] if isinstance(value, str) else value)
