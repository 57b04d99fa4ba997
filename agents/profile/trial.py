"""One trial: one question, reasoned about in one language, and the option that the model then chooses.

Two calls: the model thinks in the language (the words that mode `expert` uses, `prompts/elicit`), then it is
asked for a letter. The letter is read from the probabilities of the first token, where the backbone tells
them: small models otherwise say "A". Else from what it wrote.
"""

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

from agents.detect.language import LanguageDetector
from agents.meter import Meter
from agents.model import Message, Model, ModelRequest
from agents.profile.questions import LETTERS, Calibration
from agents.prompting import Prompts

Scored = Literal["probability", "letter", "unparsed"]
WORDS = ("elicit", "choose")  # the prompts of a trial
TOP = 20  # alternatives of the first token: the most that OpenAI's API gives
_SPACE = " \t\n▁Ġ([*\"'"
# "A lot of people …" is a sentence and no choice: what follows a letter must be its bracket or its point.
_LETTER = re.compile(r"[(\[*\s]*([A-J])(?:\s*$|[)\].:,*]+(?:\s.*)?$)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it. `chosen`: the place of the option, None where no letter could be read (then it is
    wrong); `likely`: the right option's share of the letters' probability; `reasoned_in`: the language that
    the reasoning turned out to be in, None where there was none or it cannot be told; `tokens`: of it;
    `thought`: its words.
    """

    question: str
    language: str
    right: bool
    chosen: int | None
    likely: float | None
    scored: Scored
    reasoned_in: str | None
    tokens: int
    thought: str = ""


@dataclass(frozen=True, slots=True)
class Trials:
    """How trials are made: of which model, with which words. `tokens`: of reasoning, 0 for none."""

    model: Model
    prompts: Prompts
    languages: LanguageDetector
    backbone: str | None
    tokens: int
    seed: int

    async def make(self, question: Calibration, language: str) -> Trial:
        """Ask, and read the choice.

        Raises:
            BackboneError: either call failed.
        """
        order = question.order(self.seed)
        asked = as_asked(question, order)
        thought, spent = await self._think(asked, language) if self.tokens else ("", 0)
        written, first = await self._choose(asked, thought, language)
        shown = LETTERS[: len(order)]
        shares = letter_shares(first, shown)
        letter = max(shares, key=lambda one: shares[one]) if shares else read_letter(written, shown)
        chosen = order[shown.index(letter)] if letter else None
        gold = shown[order.index(question.answer)]
        return Trial(
            question.id,
            language,
            chosen == question.answer,
            chosen,
            round(shares[gold], 4) if shares else None,
            "probability" if shares else "letter" if letter else "unparsed",
            self._spoken(thought),
            spent,
            thought,
        )

    async def _think(self, asked: str, language: str) -> tuple[str, int]:
        words = f"{asked}\n\n{self.prompts.render('elicit', language)}"
        request = self._request([{"role": "user", "content": words}], "elicit", self.tokens)
        text, pieces, counted = "", 0, 0
        async with aclosing(Meter(self.model).stream(request)) as chunks:
            async for chunk in chunks:
                text += chunk.text
                pieces += bool(chunk.text)
                counted = chunk.usage.completion_tokens if chunk.usage else counted
        return text.strip(), counted or pieces

    async def _choose(
        self, asked: str, thought: str, language: str
    ) -> tuple[str, Sequence[Mapping[str, Any]]]:
        choose = self.prompts.render("choose", language)
        messages: list[Message] = [{"role": "user", "content": f"{asked}\n\n{choose}"}]
        if thought:
            messages = [
                {"role": "user", "content": f"{asked}\n\n{self.prompts.render('elicit', language)}"},
                {"role": "assistant", "content": thought},
                {"role": "user", "content": choose},
            ]
        more = {"logprobs": True, "top_logprobs": TOP}
        text, first = "", None
        request = self._request(messages, "choose", 8, **more)
        async with aclosing(Meter(self.model).stream(request)) as chunks:
            async for chunk in chunks:
                text += chunk.text
                if first is None and chunk.logprobs and (content := chunk.logprobs.get("content")):
                    first = content[0].get("top_logprobs") or [content[0]]
        return text, first or ()

    def _request(self, messages: list[Message], stage: str, tokens: int, **more: Any) -> ModelRequest:
        parameters = {"temperature": 0, "seed": self.seed, "max_tokens": tokens, **more}
        return ModelRequest(messages, stage, self.backbone, parameters)

    def _spoken(self, thought: str) -> str | None:
        best = self.languages.detect(thought).best if thought else None
        return best.tag if best else None


def letter_shares(top: Sequence[Mapping[str, Any]], letters: str) -> dict[str, float]:
    """Each letter's share of the probability that the first token is one of them; empty where none is."""
    found = dict.fromkeys(letters, 0.0)
    for one in top:
        token, value = one.get("token"), one.get("logprob")
        letter = token.strip(_SPACE + ").]:,") if isinstance(token, str) else ""
        if letter in found and isinstance(value, int | float):
            found[letter] += math.exp(value)
    total = sum(found.values())
    return {letter: part / total for letter, part in found.items()} if total > 0 else {}


def read_letter(text: str, letters: str) -> str | None:
    """The letter that a reply begins with or consists of; None where it is a sentence."""
    matched = _LETTER.match(text.strip())
    letter = matched[1].upper() if matched else ""
    return letter if letter and letter in letters else None


def as_asked(question: Calibration, order: Sequence[int]) -> str:
    """The question and its options, by letters, in this order."""
    listed = "\n".join(f"{LETTERS[at]}. {question.options[place]}" for at, place in enumerate(order))
    return f"{question.text}\n\n{listed}"
