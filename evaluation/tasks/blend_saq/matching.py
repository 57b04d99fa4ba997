"""Does a reply give an annotated answer? What is listed after the first thing named does not count."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluation.tasks.blend_saq.words import BREAK, conjunctions, is_letter, words_of

WORDS = 6.0
"""An answer must begin among so many words of the reply that are not the question's own."""
LETTER = 0.3
"""What a letter of a script without spaces counts for among these."""

_LABEL = re.compile(r"^[\s*•-]*(?:\d+[.)]\s+)?(?:(?:the\s+)?answer(?:\s+is)?\s*[::]\s*)?", re.IGNORECASE)
_FILLERS = frozenset(
    {"yes", "well", "sure", "answer", "it", "is", "are", "they", "usually", "typically", "one", "would", "be"}
    | {"in", "of", "在", "是", "的"}
)
_PARTICLES = "은|는|이|가|을|를|에|에서|의|와|과|로|으로|도|만|이다|입니다|이에요|예요|이요|요"
_AFFIXES = (
    (re.compile(r"[\uac00-\ud7a3]"), "", f"(?:{_PARTICLES})?"),
    (re.compile(r"[\u0600-\u06ff]"), "(?:[وفبلک]?(?:ال|لل)?)", ""),
)
"""Scripts whose particles are written to the word: which letters, what may stand before, what behind."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What annotators said: one thing in its variants, and how many of them said it."""

    variants: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Said:
    """A reply as words. `reach`: how many of them an answer may begin with."""

    words: tuple[str, ...]
    reach: int


def first_named(reply: str, question: str, language: str) -> Said:
    """The first line that says something; an answer must begin in the first thing that it names.

    A part that only repeats the question ("In Iran, …") names nothing; "fish and chips" begins in its first
    part. So a list of everything counts as its first entry.
    """
    lines = (_LABEL.sub("", line.strip().strip("*_#> ")) for line in reply.splitlines())
    said = next((words for line in lines if _spoken(words := words_of(line, language))), [])
    known = {*words_of(question, language), *_FILLERS}
    reach, named = 0, 0.0
    for word in said:
        if named and (word == BREAK or word in conjunctions(language)):
            break
        if word == BREAK:
            continue
        if word not in known:
            named += LETTER if is_letter(word) else 1
        if named > WORDS:
            break
        reach += 1
    return Said(tuple(_spoken(said)), reach)


def everything(reply: str, language: str) -> Said:
    """The whole reply, whatever it lists."""
    words = tuple(_spoken(words_of(reply, language)))
    return Said(words, len(words))


def best_match(said: Said, answers: Sequence[Answer], language: str) -> Answer | None:
    """The answer with the most votes among those that were given; None where none was."""
    given = (one for one in answers if any(_is_given(said, variant, language) for variant in one.variants))
    return max(given, key=lambda one: one.count, default=None)


def _spoken(words: Sequence[str]) -> list[str]:
    return [word for word in words if word != BREAK]


def _is_given(said: Said, variant: str, language: str) -> bool:
    wanted = _spoken(words_of(variant, language))
    return bool(wanted) and any(_same(said.words[start:], wanted) for start in range(said.reach))


def _same(words: Sequence[str], wanted: Sequence[str]) -> bool:
    if len(words) < len(wanted):
        return False
    return all(one == other or _with_affixes(one, other) for one, other in zip(words, wanted, strict=False))


def _with_affixes(word: str, wanted: str) -> bool:
    return any(
        re.fullmatch(f"{before}{re.escape(wanted)}{after}", word) is not None
        for script, before, after in _AFFIXES
        if script.search(wanted)
    )


def answers_of(rows: Sequence[dict[str, object]]) -> Iterator[Answer]:
    """A record's annotated answers.

    Raises:
        TypeError, KeyError, ValueError: a row is no {variants, count}.
    """
    for row in rows:
        variants, count = row["variants"], row["count"]
        if not isinstance(variants, list) or not isinstance(count, int) or count < 1:
            raise ValueError("an answer needs a list of variants and a count of votes")
        yield Answer(tuple(map(str, variants)), count)
