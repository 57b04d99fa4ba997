"""CulFiT's score of an answer (arXiv 2505.19484): its units, each held against the gold by a judge."""

import asyncio
import re
from collections.abc import Callable, Sequence

from agents import Prompts
from alignment.chat import Endpoint
from alignment.fine_grained import FineGrained, fine_grained
from alignment.stage import Rejected

MOST = 6  # units of a text
_BULLET = re.compile(r"^\s*(?:[-*•·]|\d+[.)])\s*")
_ENGLISH = "en"


class Scoring:
    """The teacher names the units of a text, the judge says which hold. `spoken`: the languages of a text."""

    def __init__(
        self, teacher: Endpoint, judge: Endpoint, prompts: Prompts, spoken: Callable[[str], set[str]]
    ) -> None:
        self._teacher, self._judge, self._prompts = teacher, judge, prompts
        self.spoken = spoken

    async def units(self, text: str) -> list[str]:
        """The facts that a text states, at most `MOST`, without one that was cut off."""
        prompt = self._prompts.render("units", _ENGLISH, text=text, most=str(MOST))
        reply = await self._teacher.ask(prompt, temperature=0)
        written = reply.text.splitlines() if reply.finished else reply.text.splitlines()[:-1]
        lines = [_BULLET.sub("", line).strip() for line in written]
        return list(dict.fromkeys(line for line in lines if len(line) > 8))[:MOST]

    async def score(
        self, text: str, *, people: str, question: str, gold: str, units: Sequence[str]
    ) -> FineGrained:
        """An answer's score against the gold and its `units`. `people`: the English name of whom it is about.

        Raises:
            Rejected: the judge said neither yes nor no.
            CallFailed: the teacher or the judge does not answer.
        """
        said = await self.units(text)
        group, topic, *bits = await asyncio.gather(
            self._yes("right_people", culture=people, question=question, text=text),
            self._yes("right_topic", question=question, text=text),
            *(self._yes("supported", text=gold, unit=unit) for unit in said),
            *(self._yes("supported", text=text, unit=unit) for unit in units),
        )
        return fine_grained(
            group=group,
            topic=topic,
            spoken=self.spoken(text),
            gold_spoken={_ENGLISH},
            supported=bits[: len(said)],
            covered=bits[len(said) :],
        )

    async def _yes(self, prompt: str, **words: str) -> bool:
        asked = self._prompts.render(prompt, _ENGLISH, **words)
        shares = await self._judge.shares(asked, ("Yes", "No"))
        if shares is None:
            raise Rejected("no verdict", asked)
        return shares["Yes"] > shares["No"]
