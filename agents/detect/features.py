"""What a gate sees of a text beside its meaning: whom it names, which words of cultural life it uses, form.

The numbers are made here and nowhere else, for training and for use alike.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from agents.detect.mentions import Mention
from agents.detect.task import EXAMPLE, is_code, is_rewording, is_sum

BASE = 0.1  # any text
NAMED: Mapping[str, float] = {
    "people": 0.8, "area": 0.8, "territory": 0.7, "religion": 0.7, "holiday": 0.7,
    "city": 0.5, "subdivision": 0.5, "language": 0.3,
}  # fmt: skip
COMPARED = 0.3  # two cultures or more
STRONG, MILD = 0.5, 0.25  # one word of cultural life
COUNTED = 3  # words of each kind
NUMBERS = 4  # numbers that are counted
LONG = 600  # characters from which a text is long

NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
QUOTES = re.compile('["“„«「『]')
QUESTION = re.compile("[?？؟]")


def lexical(
    text: str, mentions: Sequence[Mention], cues: Iterable[Mention], words: Mapping[str, frozenset[str]]
) -> NDArray[np.float32]:
    """The features of a text, all in 0..1.

    `mentions` and `cues` are those in `text`; `words` are what `Lexicon.find` found in it.
    """
    hints = min(COUNTED, len({cue.text.casefold() for cue in cues}))
    kinds = ("strong", "mild", "universal")
    strong, mild, universal = (min(COUNTED, len(words.get(kind, ()))) for kind in kinds)
    plain = [is_code(text, words), is_sum(text, words), is_rewording(words)]
    signals = [bool(words.get(kind)) for kind in ("quantity", "code", "translate")]
    values = [
        *_named(mentions),
        hints / COUNTED,
        strong / COUNTED,
        mild / COUNTED,
        universal / COUNTED,
        *signals,
        *plain,
        *_form(text),
    ]
    values.append(either([BASE, *named(mentions), *[STRONG] * strong, *[MILD] * mild]))
    return np.array(values, dtype=np.float32)


def named(mentions: Iterable[Mention]) -> list[float]:
    """The chances that what is named makes a text cultural: the strongest mention, and that there are
    several.
    """
    by_span: dict[tuple[int, int], float] = {}
    for mention in mentions:
        span = (mention.start, mention.end)
        by_span[span] = by_span.get(span, 0.0) + NAMED.get(mention.kind, 0.0) * mention.weight
    cultures = {
        mention.culture for mention in mentions if mention.kind != "language" and mention.weight > 0.5
    }
    return [min(1.0, max(by_span.values())), *([COMPARED] if len(cultures) > 1 else [])] if by_span else []


def either(chances: Iterable[float]) -> float:
    """The chance that at least one of independent chances (0..1 each) comes true."""
    none = 1.0
    for chance in chances:
        none *= 1.0 - chance
    return 1.0 - none


def _named(mentions: Sequence[Mention]) -> list[float]:
    """The weightiest sure mention of each kind, the weightiest doubtful one, are cultures compared?"""
    sure = [one for one in mentions if not one.doubtful]
    kinds = [max((one.weight for one in sure if one.kind == kind), default=0.0) for kind in NAMED]
    doubtful = max((one.weight for one in mentions if one.doubtful), default=0.0)
    return [*kinds, doubtful, float(len(named(mentions)) > 1)]


def _form(text: str) -> list[float]:
    """Numbers, length, quotation, question: what brackets hold is an example of a format."""
    numbers = len(NUMBER.findall(EXAMPLE.sub(" ", text)))
    digits = sum(map(str.isdigit, text)) / max(1, len(text))
    size = min(len(text), LONG) / LONG
    marks = [numbers == 0, numbers > 1, len(text) < 60, len(text) < 120, "\n" in text.strip()]
    ends = [bool(QUOTES.search(text)), bool(QUESTION.search(text[-4:]))]
    return [min(numbers, NUMBERS) / NUMBERS, min(10 * digits, 1.0), size, *map(float, (*marks, *ends))]
