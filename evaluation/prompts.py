"""The only reader of `prompts/` and `decoys.toml`: texts of arms and judges, rendered strictly."""

import tomllib
from functools import cache
from pathlib import Path
from string import Template

_HERE = Path(__file__).parent


def render(name: str, **words: str) -> str:
    """The text `name` with its words put in.

    Raises:
        FileNotFoundError: no such text.
        KeyError: a word that it needs is missing.
    """
    return _read(name).substitute(words).strip()


def decoy(name: str, *, long: bool) -> str:
    """What a decoy arm says, whatever it is asked: a few paragraphs, or a sentence.

    Raises:
        KeyError: no such decoy.
    """
    return _decoys()[name]["long" if long else "short"].strip()


@cache
def _read(name: str) -> Template:
    return Template((_HERE / "prompts" / f"{name}.md").read_text("utf-8"))


@cache
def _decoys() -> dict[str, dict[str, str]]:
    return tomllib.loads((_HERE / "decoys.toml").read_text("utf-8"))
