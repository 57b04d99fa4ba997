"""The calls of bench/knowledge.py: a second candidate, merges, and the language that a model picks."""

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from agents import Prompts
from agents.cultures.cultures import language_name
from agents.profile import Calibration, Trial, digest
from agents.profile.questions import LETTERS
from agents.profile.trial import TOP, WORDS, as_asked, letter_shares, read_letter
from bench.row_log import RowLog
from evaluation.endpoint import public_url

ENGLISH = "en"
PICK = (
    "Do not answer this question. Say in which of these languages you would best think about it, because "
    "most of what you know of its subject was written in that language. Reply with the letter alone."
)
Trials = Mapping[tuple[str, str], Trial]


def measured(
    url: str, model: str, told: Mapping[str, Any], questions: Sequence[Calibration], trials: Trials
) -> dict[str, Any]:
    """What the calls of this bench depend on, the first line of asked.jsonl.

    Drafts are the trials' own words, and the list to pick from has their languages.
    """
    drafts = json.dumps(sorted((*key, one.thought) for key, one in trials.items()))
    return {
        "model": model,
        "url": public_url(url),
        "prompts": _hash(f"{Prompts.load().fingerprint_of(*WORDS, 'draft', 'merge')}\0{PICK}"),
        "questions": digest(questions),
        "trials": _hash(drafts),
        "seed": told["seed"],
        "tokens": told["tokens"],
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


class Backbone:
    """An OpenAI-compatible endpoint, asked for merges; what it answered is kept in a log."""

    def __init__(
        self,
        url: str,
        model: str,
        told: Mapping[str, Any],
        kept: RowLog,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url, self._model, self._told, self._log = url, model, told, kept
        self._transport = transport
        self._prompts = Prompts.load()
        self._kept: dict[str, Any] = {one["key"]: one for one in kept.read()}

    async def think_again(self, question: Calibration) -> str:
        """A second English candidate, sampled: another seed, temperature 0.7."""
        shown = as_asked(question, question.order(self._told["seed"]))
        asked = f"{shown}\n\n{self._prompts.render('elicit', ENGLISH)}"
        more = {"temperature": 0.7, "seed": self._told["seed"] + 1, "max_tokens": self._told["tokens"]}
        answer = await self._ask(f"again {question.id}", asked, **more)
        return str(answer["choices"][0]["message"]["content"])

    async def merge(self, name: str, question: Calibration, drafts: Sequence[tuple[str, str]]) -> bool:
        """Whether the letter is right that is chosen after reading these drafts: (language, words)."""
        nonce = hashlib.sha256(question.id.encode()).hexdigest()[:16]
        told = [
            self._prompts.render(
                "draft", ENGLISH, nonce=nonce, language=language_name(tag, ENGLISH), text=words
            )
            for tag, words in drafts
        ]
        instruction = self._prompts.render(
            "merge",
            ENGLISH,
            nonce=nonce,
            drafts="\n\n".join(told),
            answer_in=self._prompts.render("choose", ENGLISH),
        )
        order = question.order(self._told["seed"])
        words = f"{as_asked(question, order)}\n\n{instruction}"
        place = await self._letter(f"{name} {question.id}", words, len(order))
        return place is not None and order[place] == question.answer

    async def pick_language(self, question: Calibration, languages: Sequence[str]) -> str:
        """The language that the model says it knows this subject best in; English if it says nothing.

        The list is shuffled for each question: small models have a favourite letter.
        """
        listed = list(languages)
        random.Random(f"{self._told['seed']}\0{question.id}").shuffle(listed)  # noqa: S311  # an order
        lines = [f"{LETTERS[at]}. {language_name(tag, ENGLISH)}" for at, tag in enumerate(listed)]
        words = f"{question.text}\n\n{PICK}\n\n" + "\n".join(lines)
        place = await self._letter(f"pick {question.id}", words, len(listed))
        return ENGLISH if place is None else listed[place]

    async def _letter(self, key: str, words: str, options: int) -> int | None:
        """The place of the letter that the model replies with, read as `polylect profile` reads it."""
        more = {"temperature": 0, "seed": self._told["seed"], "max_tokens": 8}
        answer = await self._ask(key, words, **more, logprobs=True, top_logprobs=TOP)
        choice = answer["choices"][0]
        letters = LETTERS[:options]
        first = ((choice.get("logprobs") or {}).get("content") or [{}])[0].get("top_logprobs") or ()
        shares = letter_shares(first, letters)
        likeliest = max(shares, key=lambda one: shares[one]) if shares else None
        letter = likeliest or read_letter(choice["message"]["content"], letters)
        return letters.index(letter) if letter else None

    async def _ask(self, key: str, content: str, **parameters: Any) -> dict[str, Any]:
        if key in self._kept:
            return dict(self._kept[key]["answer"])
        body = {"model": self._model, "messages": [{"role": "user", "content": content}], **parameters}
        async with httpx.AsyncClient(timeout=600, trust_env=False, transport=self._transport) as client:
            response = await client.post(f"{self._url}/chat/completions", json=body)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        self._kept[key] = {"key": key, "answer": answer}
        self._log.add(self._kept[key])
        return answer
