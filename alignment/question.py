"""Stage `question`: a fact, a question and its grounded answer, refined until they speak of one people alone.

CAReDiO (arXiv 2504.08820): drafts are scored for distinctiveness and representativeness, the best and the
worst are shown with their scores, and written anew, two or three rounds. For culture c, answer y, question x,
and a judge q:

    Dist = log q(c | x, y) - log max_{c' != c} q(c' | x, y)
    Rep  = 1 - the highest cosine to what is kept of this culture

The plan covers the culture's facets evenly, so that what is left of Rep for one item is what it adds.
"""

import math
import random
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
from numpy.typing import NDArray

from agents import Culture, Cultures, Prompts
from alignment.chat import Endpoint
from alignment.config import QuestionConfig
from alignment.critique import OF_ITSELF
from alignment.journal import Row
from alignment.stage import Rejected

OTHERS = 5  # cultures that the judge may take it for
SHOWN = 4  # questions on a facet that a writer is told not to repeat
_FLOOR = 1e-4  # of a probability: the API tells twenty tokens, not all
_LABELS = ("fact", "question", "answer")
_ASKS = re.compile("[?？؟]")
_LABEL = re.compile(r"^[\s*#>-]*(fact|question|answer)[\s*]*:[\s*]*", re.IGNORECASE | re.MULTILINE)

Embed = Callable[[str], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft: its three parts, its scores, and its vector."""

    fact: str
    question: str
    answer: str
    distinct: float
    new: float
    vector: NDArray[np.float32]

    @property
    def score(self) -> float:
        """Distinctiveness, brought to 0..1 (the odds as a probability), plus what it adds, 0..1."""
        return 1 / (1 + math.exp(-self.distinct)) + self.new

    @property
    def text(self) -> str:
        """As it is shown to a writer."""
        return f"Fact: {self.fact}\nQuestion: {self.question}\nAnswer: {self.answer}"


class QuestionStage:
    """Makes plan rows into questions. What it keeps of a culture counts against the drafts that follow."""

    def __init__(
        self,
        teacher: Endpoint,
        judge: Endpoint,
        prompts: Prompts,
        cultures: Cultures,
        embed: Embed,
        config: QuestionConfig,
        seed: int,
    ) -> None:
        self._teacher, self._judge, self._prompts = teacher, judge, prompts
        self._cultures, self._embed, self._config, self._seed = cultures, embed, config, seed
        self._kept: dict[str, list[NDArray[np.float32]]] = {}
        self._asked: dict[tuple[str, str], list[str]] = {}

    def keep(self, row: Row) -> None:
        """Count a row that an earlier run made."""
        self._count(row, self._embed(f"{row['question']}\n{row['answer']}"))

    async def __call__(self, row: Row) -> Row:
        """`fact`, `question`, `answer` of the best draft, with its scores.

        Raises:
            Rejected: no draft of any round could be read, or the judge gave no verdict.
            CallFailed: the teacher or the judge does not answer.
        """
        culture = self._cultures.get(row["culture"])
        drafts: list[Draft] = []
        seen, bare = "", self._prompt(row, culture, [])
        seed = self._seed + zlib.crc32(row["id"].encode()) % 1_000_000 * 1_000  # rows of a facet differ
        for turn in range(self._config.rounds):
            best = max(drafts, key=lambda one: one.score, default=None)
            for at in range(self._config.drafts):
                prompt = self._prompt(row, culture, drafts)
                reply = await self._teacher.ask(prompt, seed=seed + 100 * turn + at)
                parts = read_draft(reply.text, finished=reply.finished)
                seen = reply.text
                if parts and not echoes(parts, bare):
                    drafts.append(await self._scored(row, culture, parts))
            if best and max(one.score for one in drafts) - best.score < self._config.gain:
                break
        if not drafts:
            raise Rejected("unreadable", seen)
        best = max(drafts, key=lambda one: one.score)
        self._count({**row, "question": best.question}, best.vector)
        told = {"fact": best.fact, "question": best.question, "answer": best.answer}
        scores = {"distinct": round(best.distinct, 3), "new": round(best.new, 3), "drafts": len(drafts)}
        return {
            **row,
            **told,
            **scores,
            "first_score": round(drafts[0].score, 3),
            "score": round(best.score, 3),
        }

    def _count(self, row: Row, vector: NDArray[np.float32]) -> None:
        self._kept.setdefault(row["culture"], []).append(vector)
        self._asked.setdefault((row["culture"], row["facet"]), []).append(row["question"])

    def _prompt(self, row: Row, culture: Culture, drafts: list[Draft]) -> str:
        words = {
            "culture": culture.name("en"),
            "facet": row["facet"],
            "domain": row["domain"].replace("_", " "),
        }
        if len(drafts) < 2:
            known = [*self._asked.get((culture.id, row["facet"]), ()), *(one.question for one in drafts)]
            again = ""
            if known or row.get("turn"):
                again = "Not the first thing that comes to mind: another one."
            if known:
                again += " None of these: " + " / ".join(known[-SHOWN:])
            return self._prompts.render("question", "en", other_turn=again, **words)
        ranked = sorted(drafts, key=lambda one: one.score)
        told = {"best": ranked[-1].text, "worst": ranked[0].text}
        scores = {"best_score": f"{ranked[-1].score:.2f}", "worst_score": f"{ranked[0].score:.2f}"}
        return self._prompts.render("refine", "en", **words, **told, **scores)

    async def _scored(self, row: Row, culture: Culture, parts: tuple[str, str, str]) -> Draft:
        fact, question, answer = parts
        vector = self._embed(f"{question}\n{answer}")
        kept = self._kept.get(culture.id, [])
        nearest = max((float(vector @ one) for one in kept), default=0.0)
        distinct = await self._told_apart(row["id"], culture, f"{question}\n{answer}")
        return Draft(fact, question, answer, distinct, 1 - nearest, vector)

    async def _told_apart(self, id_: str, culture: Culture, text: str) -> float:
        listed = [culture, *self.others(culture)]
        random.Random(f"{self._seed}\0{id_}\0{text}").shuffle(listed)  # noqa: S311  # an order
        letters = ascii_uppercase[: len(listed)]
        options = "\n".join(
            f"{letter}. {one.name('en')}" for letter, one in zip(letters, listed, strict=True)
        )
        shares = await self._judge.shares(
            self._prompts.render("tell_apart", "en", text=text, options=options), letters
        )
        if shares is None:
            raise Rejected("no verdict", text)
        mine = shares[letters[listed.index(culture)]]
        theirs = max(
            share for letter, share in shares.items() if listed[letters.index(letter)] is not culture
        )
        return math.log(max(mine, _FLOOR)) - math.log(max(theirs, _FLOOR))

    def others(self, culture: Culture) -> list[Culture]:
        """Whom it could be taken for: neighbours first, then its sector, then the rest; drawn by the seed."""
        others = [one for one in self._cultures if one.id != culture.id]
        random.Random(f"{self._seed}\0{culture.id}").shuffle(others)  # noqa: S311  # an order
        near = [one for one in others if one.id in culture.neighbours or culture.id in one.neighbours]
        same = [one for one in others if one.sector == culture.sector and one not in near]
        rest = [one for one in others if one not in near and one not in same]
        return [*near, *same, *rest][:OTHERS]


def echoes(parts: tuple[str, str, str], prompt: str) -> bool:
    """Whether a draft gives the prompt's own words as its fact, or speaks of drafts: small teachers do."""
    return parts[0].rstrip(".").casefold() in prompt.casefold() or any(OF_ITSELF.search(one) for one in parts)


def read_draft(text: str, *, finished: bool = True) -> tuple[str, str, str] | None:
    """The first three labelled parts of a reply; None where one is missing, empty, or no question.

    Small models write on: a second draft would mix its question with the first one's answer. Of a reply that
    was cut off, not `finished`, the last part does not count.
    """
    pieces = _LABEL.split(text)
    parts = list(zip(pieces[1::2], pieces[2::2], strict=True))
    found: dict[str, str] = {}
    for label, words in parts if finished else parts[:-1]:
        found.setdefault(label.lower(), words.strip())
    if any(len(found.get(label, "")) < 8 for label in _LABELS) or not _ASKS.search(found["question"]):
        return None
    return found["fact"], found["question"], found["answer"]
