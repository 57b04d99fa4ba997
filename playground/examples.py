"""The questions that the page offers to begin with."""

import tomllib
from pathlib import Path
from typing import NamedTuple


class Example(NamedTuple):
    """A question and the language that it is in."""

    language: str
    question: str


def load_examples() -> tuple[Example, ...]:
    """All of them, in order."""
    content = tomllib.loads((Path(__file__).parent / "examples.toml").read_text("utf-8"))
    return tuple(Example(**one) for one in content["example"])
