"""A model's Markdown as HTML, each paragraph in its own direction.

Only what gives a text its shape is read. Links and pictures stay as they were typed: a model may have been
told to write them, a picture would be fetched from wherever it names, and nobody vouches for an address.
"""

from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from playground.languages import direction

_SHAPES = [
    "emphasis",
    "list",
    "heading",
    "blockquote",
    "fence",
    "backticks",
    "hr",
    "newline",
    "escape",
    "table",
    "strikethrough",
]
_READER = MarkdownIt("zero", {"breaks": True}).enable(_SHAPES)
_DIRECTED = {
    "paragraph_open",
    "heading_open",
    "bullet_list_open",
    "ordered_list_open",
    "blockquote_open",
    "table_open",
}
_BELOW = 3
"""Headings of a text stand below those of the page."""


@lru_cache(maxsize=512)
def prose(text: str, tag: str = "") -> str:
    r"""The text as HTML blocks. `tag`: the language that it should be in, which decides where no letter does.

    >>> from playground.view.prose import prose
    >>> prose("**so** <b>")
    '<p dir="ltr"><strong>so</strong> &lt;b&gt;</p>\n'
    """
    tokens = _READER.parse(text)
    for number, token in enumerate(tokens):
        if token.type in _DIRECTED:
            token.attrSet("dir", direction(_inside(tokens, number), tag))
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + _BELOW)}"
    return str(_READER.renderer.render(tokens, _READER.options, {}))


def _inside(tokens: Sequence[Token], opening: int) -> str:
    """What is written between an opening token and its end."""
    level, words = tokens[opening].level, []
    for token in tokens[opening + 1 :]:
        if token.level == level:
            break
        if token.type == "inline":
            words.append(token.content)
    return " ".join(words)
