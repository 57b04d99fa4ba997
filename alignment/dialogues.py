"""What an adapter learns from: critique dialogues, plain dialogues, and pairs of a better and a worse answer.

CulFiT (arXiv 2505.19484): a question, an answer that errs, its critique point by point, the answer that is
right. What errs stands in the dialogue and is never learned (`Message.learned`). The same question with the
right answer alone comes beside it, both in English and in the culture's own language; the pairs are for DPO.
"""

import random
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from alignment.journal import BadFile, Row, read_rows

ITEMS = Path(__file__).parent / "data" / "items"
REQUESTS = Path(__file__).parent / "requests.toml"
CROWD = 2  # a culture gives at most so many times the items of the median culture
_HAND_WRITTEN = ("id", "culture", "language", "domain", "question", "answer", "wrong", "critique")
_MADE = ("id", "culture", "domain", "question", "target", "target_f1", "critique", "refined", "local")
_ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Telling:
    """An item in one language. `wrong` None: nobody wrote it in this one."""

    language: str
    question: str
    wrong: str | None
    critique: str
    right: str


@dataclass(frozen=True, slots=True)
class Item:
    """One question with what there is to learn from it. `tellings`: English first.

    `score`: how right the wrong answer is by CulFiT's F1, None where it is wrong by intent; `gained`: whether
    the right one scored higher. Where it did not, there is nothing to learn.
    """

    id: str
    culture: str
    domain: str
    tellings: tuple[Telling, ...]
    score: float | None = None
    gained: bool = True

    def errs(self, below: float) -> bool:
        """Whether its wrong answer is wrong enough to be learned from."""
        return self.gained and (self.score is None or self.score <= below)


@dataclass(frozen=True, slots=True)
class Message:
    """One turn; `learned`: the loss counts its words."""

    role: Literal["user", "assistant"]
    content: str
    learned: bool = False


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A row of SFT."""

    item: str
    culture: str
    language: str
    form: Literal["critique", "plain"]
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of DPO."""

    item: str
    culture: str
    language: str
    question: str
    chosen: str
    rejected: str


def hand_written(cultures: Iterable[str], folder: Path = ITEMS) -> list[Item]:
    """The items of `cultures` that people wrote; a culture without a file has none.

    Raises:
        BadFile: a line that lacks a field, or one of its two languages.
    """
    items = []
    for culture in cultures:
        path = folder / f"{culture}.jsonl"
        if path.exists():
            items += [_written(path, row) for row in read_rows(path, needs=_HAND_WRITTEN)]
    return items


def made(path: Path) -> list[Item]:
    """The rows of the pipeline's last stage.

    Raises:
        BadFile: no such file, or a line that lacks a field.
    """
    return [_made(path, row) for row in read_rows(path, needs=_MADE)]


def read_requests(path: Path = REQUESTS) -> dict[str, dict[str, str]]:
    """What a user says to have an answer criticised and given anew, by language."""
    return tomllib.loads(path.read_text("utf-8"))


def spread(items: Sequence[Item], seed: int) -> list[Item]:
    """All of them, so ordered that whoever takes the first N has cultures and domains evenly.

    Next comes always the culture that has come least, and of it the domain that has come least there, then
    least anywhere. Equals stand in an order drawn by the seed, whatever order they came in.
    """
    left: dict[str, list[Item]] = defaultdict(list)
    drawn = sorted(items, key=lambda one: one.id)
    random.Random(seed).shuffle(drawn)  # noqa: S311  # an order, no secret
    for one in drawn:
        left[one.culture].append(one)
    turns, anywhere = Counter(dict.fromkeys(left, 0)), Counter[str]()
    there: dict[str, Counter[str]] = {culture: Counter() for culture in left}
    ordered = []
    while left:
        culture = min(left, key=lambda one: turns[one])
        here = there[culture]
        item = min(left[culture], key=lambda one: (here[one.domain], anywhere[one.domain]))
        left[culture].remove(item)
        if not left[culture]:
            del left[culture]
        turns[culture] += 1
        here[item.domain] += 1
        anywhere[item.domain] += 1
        ordered.append(item)
    return ordered


def drawn(items: Sequence[Item], seed: int, samples: int | None = None) -> list[Item]:
    """The items to train on, in `spread`'s order: the first `samples`, or all that leave no culture a crowd.

    Fewer samples are always a part of more.
    """
    if not items:
        return []
    most = CROWD * median(Counter(one.culture for one in items).values())
    taken: Counter[str] = Counter()
    kept = []
    for one in spread(items, seed):
        if taken[one.culture] < most:
            taken[one.culture] += 1
            kept.append(one)
    return kept[:samples]


def dialogues(
    items: Iterable[Item], requests: Mapping[str, Mapping[str, str]], below: float
) -> list[Dialogue]:
    """The rows of SFT: a critique and a plain one of each telling, as much in the local language as in
    English.

    Of an answer that scored above `below` there is no critique: it would find fault with what is right. Where
    nobody wrote the wrong answer in the local language, the dialogue begins in English and goes on in
    the other; where `requests` lack the language, it has the plain dialogue alone.
    """
    rows = []
    for item in items:
        if not item.gained:
            continue
        for telling in item.tellings:
            said = requests.get(telling.language) or requests.get(telling.language.split("-")[0])
            begun = telling if telling.wrong else item.tellings[0]
            question = Message("user", telling.question)
            right = Message("assistant", telling.right, learned=True)
            if said and begun.wrong and item.errs(below):
                messages = (
                    Message("user", begun.question),
                    Message("assistant", begun.wrong),
                    Message("user", said["critique"]),
                    Message("assistant", telling.critique, learned=True),
                    Message("user", f"{said['again']} {telling.question}"),
                    right,
                )
                rows.append(Dialogue(item.id, item.culture, telling.language, "critique", messages))
            rows.append(Dialogue(item.id, item.culture, telling.language, "plain", (question, right)))
    return rows


def pairs(items: Iterable[Item], below: float) -> list[Pair]:
    """The rows of DPO: of scored answers those at `below` or less that a better one replaced."""
    return [
        Pair(item.id, item.culture, one.language, one.question, one.right, one.wrong)
        for item in items
        if item.errs(below)
        for one in item.tellings
        if one.wrong and one.wrong != one.right
    ]


def _written(path: Path, row: Row) -> Item:
    fields = ("question", "wrong", "critique", "answer")
    tellings = []
    for language, key in ((_ENGLISH, "en"), (row["language"], "local")):
        if key == "local" and language == _ENGLISH:
            continue
        texts = [_text(path, row, field, key) for field in fields]
        tellings.append(Telling(language, *texts))
    return Item(row["id"], row["culture"], row["domain"], tuple(tellings))


def _text(path: Path, row: Row, field: str, key: str) -> str:
    text = row[field].get(key) if isinstance(row[field], dict) else None
    if not isinstance(text, str) or not text.strip():
        raise BadFile(f"{path}, {row['id']}: {field} lacks {key!r}. Write it, or delete the line.")
    return text.strip()


def _made(path: Path, row: Row) -> Item:
    fields = ("question", "target", "critique", "refined")
    if empty := [name for name in fields if not isinstance(row[name], str) or not row[name].strip()]:
        raise BadFile(f"{path}, {row['id']}: {', '.join(empty)} is no text. Mend or delete the line.")
    question, target, critique, refined = (row[name].strip() for name in fields)
    tellings = [Telling(_ENGLISH, question, target, critique, refined)]
    if local := row["local"]:
        tellings.append(
            Telling(local["language"], local["question"], None, local["critique"], local["answer"])
        )
    better = row.get("refined_f1", 1) > row["target_f1"]
    return Item(row["id"], row["culture"], row["domain"], tuple(tellings), row["target_f1"], better)
