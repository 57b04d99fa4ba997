"""Problems with a number for an answer: strict and lenient readers of numerals, and the task they make.

A reply counts by its last "Answer:" line. The lenient reader takes the last number anywhere: the difference
between the two is what the form of the answer costs.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import TaskState, generate

from evaluation.variants import phrase, wordings

COMMA_DECIMALS = frozenset({"de", "es", "fr", "id", "it", "pt", "ru", "tr", "vi"})
"""Languages that write 1.234,5 for what English writes 1,234.5."""

_SPACES = dict.fromkeys("\u00a0\u2007\u2009\u202f\u3000", " ")
_POINTS = {"٫": ".", "٬": ",", "，": ",", "．": ".", "：": ":", "−": "-", "－": "-", "＄": "$", "’": "'"}
_SPELLED = str.maketrans(_POINTS | _SPACES)
_NUMBER = re.compile(
    r"(?<![A-Za-z\d])(?<!\d[.,'])(?:(?<![\w)])-)?[$€£¥₹৳฿]?-?"
    r"(?P<number>\d{1,3}(?:[ ']\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*|\.\d+)"
)
# Words that an answer line begins with, in the languages of MGSM.
_LABELS = "answer|antwort|respuesta|réponse|reponse|ответ|jibu|উত্তর|సమాధానం|คำตอบ|答案|答え|回答|答"
_ANSWER = re.compile(rf"[\W_]*(?:{_LABELS})[*_\s]*[:=][*_\s]*(?P<said>.*)", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\{((?:[^{}]|\{,\})*)\}")
# 1万 is no 1, 2k is no 2 and 3e4 is no 3: a reader of digits alone must not guess.
_MULTIPLIER = re.compile(
    r"[kKMB]\b|[eE][+-]?\d+\b|\s*(?:[万萬億亿千百兆]|(?i:thousand|million|billion|lakh|crore|mil)\b)"
)


@dataclass(frozen=True, slots=True)
class NumberProblem:
    """A problem with one number for an answer. `cluster`: what is resampled."""

    id: str
    cluster: str
    text: str
    answer: Decimal
    culture: str | None = None
    language: str = "en"


def number_task(problems: Iterable[NumberProblem], *, ways: int, seed: int, name: str) -> Task:
    """The task of solving these. `ways`: as everywhere; as there are no options to order, at most three."""
    samples = [sample for problem in problems for sample in number_samples(problem, ways, seed)]
    return Task(
        dataset=MemoryDataset(samples, name=name),
        solver=generate(),
        scorer=[number(), last_number()],
        config=GenerateConfig(temperature=0, seed=seed, max_tokens=512),
        name=name,
        metadata={"headline": "number", "seed": seed},
    )


def number_samples(problem: NumberProblem, ways: int, seed: int) -> Iterator[Sample]:
    """The problem in its phrasings."""
    for variant in wordings(problem.id, ways, seed):
        yield Sample(
            id=f"{problem.id}#{variant.order}.{variant.phrasing}",
            input=phrase("number", variant.phrasing, question=problem.text).strip(),
            target=str(problem.answer),
            metadata={
                "question": problem.id,
                "cluster": problem.cluster,
                "culture": problem.culture,
                "language": problem.language,
                "order": variant.order,
                "phrasing": variant.phrasing,
            },
        )


def numbers_in(text: str, language: str = "en") -> list[Decimal | None]:
    """The numbers of a text, in order; None for one that is only part of what is meant, as in 2 million.

    Digits of every script; groups parted by comma, point, space or apostrophe, by threes or in lakhs.
    `language`: decides whether 1.234 is more than a thousand.
    """
    plain = "".join(map(_digit, text.replace("{,}", ","))).translate(_SPELLED)
    return [_value(found, plain, language) for found in _NUMBER.finditer(plain)]


def parse_number(reply: str, language: str = "en") -> Decimal | None:
    r"""The number of the last line that begins with "Answer:", else of the last \boxed{…}.

    None where there is neither, no number in it, or more than one. Models that were trained on solutions box
    what they mean as their answer, whatever they are asked for: that is a mark as plain as the other.
    """
    lines = (_ANSWER.fullmatch(line.translate(_SPELLED)) for line in reply.splitlines())
    said = [matched["said"] for matched in lines if matched] or _BOXED.findall(reply)
    found = numbers_in(said[-1], language) if said else []
    return found[0] if len(found) == 1 else None


@scorer(metrics=[mean()])
def number() -> Scorer:
    """1 where the number on the reply's last "Answer:" line equals the right one."""

    async def score(state: TaskState, target: Target) -> Score:
        found = parse_number(state.output.completion, state.metadata["language"])
        right = found is not None and found == Decimal(target.text)
        return Score(value=float(right), answer=_told(found), metadata={"unparsed": found is None})

    return score


@scorer(metrics=[mean()])
def last_number() -> Scorer:
    """1 where the last number anywhere in the reply equals the right one."""

    async def score(state: TaskState, target: Target) -> Score:
        found = (numbers_in(state.output.completion, state.metadata["language"]) or [None])[-1]
        right = found is not None and found == Decimal(target.text)
        return Score(value=float(right), answer=_told(found), metadata={"unknown": found is None})

    return score


def _told(found: Decimal | None) -> str | None:
    return None if found is None else str(found)


def _digit(letter: str) -> str:
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)


def _value(found: re.Match[str], text: str, language: str) -> Decimal | None:
    if _MULTIPLIER.match(text, found.end()):
        return None
    sign = -1 if "-" in found.group() else 1
    return sign * Decimal(_unpunctuated(found["number"].replace(" ", "").replace("'", ""), language))


def _unpunctuated(numeral: str, language: str) -> str:
    """1,234.5 and 1.234,5 as 1234.5."""
    marks = [mark for mark in numeral if mark in ".,"]
    if len(set(marks)) == 2 and marks.count(marks[-1]) == 1:
        whole, decimals = numeral.rsplit(marks[-1], 1)
        return f"{re.sub('[.,]', '', whole)}.{decimals}"
    if _groups(numeral, language):
        return re.sub("[.,]", "", numeral)
    return numeral.replace(",", ".") if len(marks) == 1 else re.sub("[.,]", "", numeral)


def _groups(numeral: str, language: str) -> bool:
    """Whether the only kind of mark in it parts thousands. A comma before three digits always does."""
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}", numeral):
        return True
    grouped = re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", numeral) is not None
    return grouped and (numeral.count(".") > 1 or language.split("-")[0] in COMMA_DECIMALS)
