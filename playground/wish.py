"""What a visitor asks for. It comes from a browser, so from anybody: everything in it is bounded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from polylect import Mode

_MODES = get_args(Mode)
_QUESTION = 20_000
_CULTURES = 12
_NAME = 64
_KEY = 200


class Unasked(Exception):
    """There is nothing to ask; the message says so to the visitor."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One question, and how to answer it. `beside`: show the plain backbone's answer, too."""

    question: str
    mode: Mode = "auto"
    cultures: tuple[str, ...] = ()
    backbone: str | None = None
    beside: bool = False
    key: str = field(default="", repr=False)


def read_wish(sent: Mapping[str, object]) -> Wish:
    """The wish in what the page sent.

    Raises:
        Unasked: there is no question in it, or more than anybody may ask at once.
    """
    question = _text(sent.get("question"), _QUESTION + 1).strip()
    if not question:
        raise Unasked("Write a question first.")
    if len(question) > _QUESTION:
        raise Unasked(f"A question may have {_QUESTION:,} characters. Shorten it, or ask it in parts.")
    named = sent.get("cultures")
    cultures = [_text(one, _NAME).strip() for one in named] if isinstance(named, list) else []
    mode = sent.get("mode")
    return Wish(
        question=question,
        mode=next((one for one in _MODES if one == mode), "auto"),
        cultures=tuple(dict.fromkeys(one for one in cultures if one))[:_CULTURES],
        backbone=_text(sent.get("backbone"), 4 * _NAME) or None,
        beside=sent.get("beside") is True,
        key=read_key(sent),
    )


def read_key(sent: Mapping[str, object]) -> str:
    """The visitor's API key in what the page sent; "" where there is none."""
    return _text(sent.get("key"), _KEY).strip()


def _text(value: object, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""
