"""The blocks of code of a page, each with what stands before it in a comment.

A comment directly before a block says how it is treated; a block without one is run.

    <!-- not run: WHY -->                    it cannot run in a test
    <!-- run by: tests/PATH.py -->           another test runs it
    <!-- in the background, until URL -->    it goes on; what follows waits until the address answers
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

OUTPUT = {"text", "console"}
"""What a block is called that shows what a program said, or words that nobody runs."""

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[\w+-]*)(?P<info>[^\n`]*)\n"
    r"(?P<text>.*?)^(?P=indent)(?P=fence) *$",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(r"<!-- (not run|run by|in the background)[:,] ([^>]*?) -->\s*\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block. `title` is the file that it is; `note` and `said` are its comment's two parts."""

    page: str
    line: int
    language: str
    title: str
    text: str
    note: str
    said: str

    @property
    def is_code(self) -> bool:
        """Whether it is something to run or to read by a program."""
        return self.language not in OUTPUT

    @property
    def place(self) -> str:
        """Where it stands, as an error says it."""
        return f"docs/{self.page}:{self.line}"


def pages() -> list[str]:
    """Every page that somebody wrote, by its path below docs/."""
    return sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))


def blocks(page: str) -> list[Block]:
    """The blocks of a page, in its order."""
    return list(_blocks(page, (DOCS / page).read_text("utf-8")))


def _blocks(page: str, text: str) -> Iterator[Block]:
    for found in _FENCE.finditer(text):
        comment = _COMMENT.search(text[: found.start()])
        note, said = comment.groups() if comment else ("", "")
        title = re.search(r'title="([^"]+)"', found["info"])
        yield Block(
            page=page,
            line=text[: found.start()].count("\n") + 1,
            language=found["language"],
            title=title[1] if title else "",
            text=re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
            note=note,
            said=said.removeprefix("until "),
        )
