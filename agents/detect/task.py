"""Is a text plainly a sum, a program or a text to reword? Then what it names is matter, not subject.

A stopgap of rules until a trained gate takes its place; the words are data (`signals.tsv`), the forms are
here.
"""

import re
from collections.abc import Mapping

NUMBERS = 2  # numbers that a story needs to be a sum, beside its question
SHARE_OF_CODE = 0.4  # of the lines that are not empty
CODE_LINES = 3

EXAMPLE = re.compile(r"[(（][^()（）]*[)）]")  # what stands in brackets shows a format: (e.g. 18:00)
NUMBER = re.compile(r"(?<![A-Za-z_:./-])\d[\d.,]*(?![A-Za-z_:\d])")
YEAR = re.compile(r"(?:1[0-9]|20)\d\d")
FORMULA = re.compile(
    r"\\(?:frac|sum|int|sqrt|begin|left|cdot)\b|\$[^$\n]{1,200}[=^\\_][^$\n]{0,200}\$|\d\s*[+*×÷=^]\s*\d"
)
CODE_LINE = re.compile(
    r"^\s*(?:#include|import \w|from [\w.]+ import|def \w+\(|class \w+|@\w+|return\b|public |private "
    r"|function\b|const |let |var |if ?\(|for ?\(|while ?\(|elif |else:|try:|SELECT |INSERT |CREATE |UPDATE "
    r"|</?\w+[^>]*>|[\w.\[\]]+ ?(?:=|\+=) ?\S|\w+\(.*\);?$|>>> |//|/\*|\}|\{|\$ )"
    r"|[;{}]\s*$"
)


def is_sum(text: str, words: Mapping[str, frozenset[str]]) -> bool:
    """Whether the text asks for a number that its own numbers give.

    `words` are what `Lexicon.find` found in it.
    """
    plain = EXAMPLE.sub(" ", EXAMPLE.sub(" ", text))
    if FORMULA.search(plain):
        return True
    numbers = [number for number in NUMBER.findall(plain) if not YEAR.fullmatch(number)]
    return bool(words.get("quantity")) and len(numbers) + len(words.get("number", ())) >= NUMBERS


def is_code(text: str, words: Mapping[str, frozenset[str]]) -> bool:
    """Whether the text asks for a program, or much of it is one, or a fenced part of it is."""
    lines = [line for line in text.splitlines() if line.strip()]
    coded = sum(bool(CODE_LINE.search(line)) for line in lines)
    fenced = "```" in text or bool(words.get("code"))
    return fenced or (coded >= CODE_LINES and coded >= SHARE_OF_CODE * len(lines))


def is_rewording(words: Mapping[str, frozenset[str]]) -> bool:
    """Whether the text asks to translate, correct or sum up a text that it gives."""
    return bool(words.get("translate"))
