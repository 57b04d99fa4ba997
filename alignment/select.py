"""Stage `select`: no text twice, nothing of an evaluation set, and of the rest the hundred that say the most.

Near-duplicates by SimHash (Charikar 2002; the library `simhash`), 64 bits over letter triples. What is kept
of a culture is chosen greedily: the item whose likeness to all items of the culture is highest after its
likeness to what is chosen already is taken away (maximal marginal relevance, Carbonell and Goldstein 1998).
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import regex
from numpy.typing import NDArray
from simhash import Simhash, SimhashIndex

from alignment.journal import BadFile, Row, Thrown

BITS = 64
SHORTEST = 24  # bytes of UTF-8, eight Chinese characters: below, SimHashes of unlike texts are near
_BUCKETS = logging.getLogger("alignment.simhash")  # hundreds of "Big bucket found", which nobody can mend
_BUCKETS.setLevel(logging.ERROR)
_ASKS = regex.compile("[?？؟፧\u037e]")  # Latin, Chinese, Arabic, Ethiopic, Greek
_LETTERS = regex.compile(r"[\p{L}\p{M}\p{N}]+")


class Leakage(Exception):
    """An item resembles a row of an evaluation set: the message names both."""


@dataclass(frozen=True, slots=True)
class Leak:
    """The item `id` resembles `text`, in `source` (file and line)."""

    id: str
    source: str
    text: str


def fingerprint(text: str) -> Simhash:
    """The SimHash of a text's letters, in triples; case and punctuation do not count."""
    letters = "".join(_LETTERS.findall(text.casefold()))
    return Simhash([letters[at : at + 3] for at in range(max(len(letters) - 2, 1))], f=BITS)


def near_duplicates(rows: Sequence[Row], near: int) -> dict[str, str]:
    """The rows whose question resembles an earlier one of the same culture: their ids, and that one's.

    Not across cultures: "… at weddings in Mexico?" and "… in Kenya?" are two questions, a few bits apart.
    """
    indices: dict[str, SimhashIndex] = defaultdict(lambda: SimhashIndex([], f=BITS, k=near, log=_BUCKETS))
    found = {}
    for row in rows:
        index, mark = indices[row["culture"]], fingerprint(row["question"])
        if known := index.get_near_dups(mark):
            found[row["id"]] = min(map(str, known))
        else:
            index.add(row["id"], mark)
    return found


def nobodys(rows: Sequence[Row]) -> dict[str, str]:
    """The rows whose question is asked, letter for letter, of another culture too: their ids, and its id.

    All of them: who asks so does not say who asks, and the answers differ.
    """
    asked: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        asked["".join(_LETTERS.findall(row["question"].casefold()))].append(row)
    found = {}
    for same in asked.values():
        for row in same:
            others = [one["id"] for one in same if one["culture"] != row["culture"]]
            if others:
                found[row["id"]] = others[0]
    return found


def leaks(rows: Sequence[Row], folders: Iterable[Path], near: int) -> list[Leak]:
    """Where an item's question, or its local one, resembles a text of the evaluation sets in `folders`.

    Raises:
        BadFile: a folder holds no question: nothing would be compared, in silence.
    """
    index = SimhashIndex([], f=BITS, k=near, log=_BUCKETS)
    texts: dict[str, tuple[str, str]] = {}
    for folder in folders:
        before = len(texts)
        for source, text in _evaluation_texts(folder):
            texts[source] = (source, text)
            index.add(source, fingerprint(text))
        if len(texts) == before:
            raise BadFile(
                f"select.evaluation: {folder} holds no question in a .jsonl file, so that nothing would be "
                f"compared. Name a folder of evaluation sets, or leave it out."
            )
    found = []
    for row in rows:
        for asked in (row["question"], (row.get("local") or {}).get("question")):
            if asked and len(asked.encode()) >= SHORTEST:
                near_it = index.get_near_dups(fingerprint(asked))
                found += [Leak(row["id"], *texts[str(key)]) for key in near_it]
    return found


def choose(vectors: NDArray[np.float32], number: int, *, redundancy: float = 0.5) -> list[int]:
    """The places of `number` rows, in the order of their choice. `vectors`: one row each, of unit length.

    Each time the row with the highest (1 - redundancy) * mean cosine to all - redundancy * highest cosine to
    the chosen.
    """
    likeness = vectors @ vectors.T
    central = likeness.mean(axis=1)
    chosen: list[int] = []
    nearest = np.zeros(len(vectors), dtype=np.float32)
    left = set(range(len(vectors)))
    while left and len(chosen) < number:
        best = max(left, key=lambda at: ((1 - redundancy) * central[at] - redundancy * nearest[at], -at))
        chosen.append(best)
        left.discard(best)
        nearest = np.maximum(nearest, likeness[best])
    return chosen


def select(
    rows: Sequence[Row],
    vectors: Mapping[str, NDArray[np.float32]],
    *,
    per_culture: int,
    near: int,
    evaluation: Iterable[Path],
) -> tuple[list[Row], list[Thrown]]:
    """What is trained on, culture by culture, and what is not.

    Raises:
        Leakage: items resemble an evaluation set.
        BadFile: a folder of `evaluation` holds no question.
    """
    if found := leaks(rows, evaluation, near):
        first = found[0]
        listed = ", ".join(dict.fromkeys(one.id for one in found))
        raise Leakage(
            f"{len(found)} items resemble an evaluation set: {listed}. Of {first.id}, {first.source} says "
            f"{first.text[:120]!r}. Delete their lines in judge.jsonl, and start again."
        )
    unclear = nobodys(rows)
    clear = [row for row in rows if row["id"] not in unclear]
    twice = near_duplicates(clear, near)
    thrown = [Thrown(id_, "another people's question, too", other) for id_, other in unclear.items()]
    thrown += [Thrown(id_, "near-duplicate", other) for id_, other in twice.items()]
    by_culture: dict[str, list[Row]] = defaultdict(list)
    for row in clear:
        if row["id"] not in twice:
            by_culture[row["culture"]].append(row)
    kept: list[Row] = []
    for of_one in by_culture.values():
        places = choose(np.stack([vectors[row["id"]] for row in of_one]), per_culture)
        kept += [of_one[at] for at in places]
        left = sorted(set(range(len(of_one))) - set(places))
        thrown += [Thrown(of_one[at]["id"], "redundant") for at in left]
    return kept, thrown


def _evaluation_texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                for name, text in json.loads(line).items():
                    if _is_asked(name, text):
                        yield f"{path}:{number}:{name}", text


def _is_asked(name: str, text: object) -> bool:
    """By its name or its mark: half of the world's questions in these sets have no mark."""
    if not isinstance(text, str) or len(text.encode()) < SHORTEST:
        return False
    return name.startswith(("question", "prompt")) or bool(_ASKS.search(text))
