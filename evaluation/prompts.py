"""The only reader of `prompts/`: texts of arms and judges, rendered strictly."""

from functools import cache
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent / "prompts"


def render(name: str, **words: str) -> str:
    """The text `name` with its words put in.

    Raises:
        FileNotFoundError: no such text.
        KeyError: a word that it needs is missing.
    """
    return _read(name).substitute(words).strip()


def decoy(name: str) -> str:
    """What a decoy arm says, whatever it is asked."""
    return render(f"decoy_{name}")


@cache
def _read(name: str) -> Template:
    return Template((_FOLDER / f"{name}.md").read_text("utf-8"))
