"""How an arm asks: once, by way of English, in another language, many times, or not at all."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser, GenerateConfig, ModelOutput

from evaluation import prompts
from evaluation.datasets import fraction
from evaluation.language import english_name, language_of

ROOM = 256
"""Tokens from which a decoy recites its long text."""

_PLACEBO = (
    "Arabic",
    "Chinese",
    "Hindi",
    "Indonesian",
    "Japanese",
    "Portuguese",
    "Russian",
    "Spanish",
    "Swahili",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to an arm, and the way to the endpoint.

    `system`: the name of the arm's system text; `text`: the name of what it recites; `agents`: how many
    samples it may draw; `seed`: decides what it draws.
    """

    once: Callable[[list[ChatMessage], GenerateConfig], Awaitable[ModelOutput]]
    messages: list[ChatMessage]
    config: GenerateConfig
    system: str | None
    text: str | None
    agents: int
    seed: int

    @property
    def question(self) -> str:
        """The last message's text."""
        return self.messages[-1].text

    async def told(self, system: str, **changes: Any) -> ModelOutput:
        """Ask the endpoint the same question, after a system text (none where it is empty)."""
        before = [ChatMessageSystem(content=system)] if system else []
        return await self.once([*before, *self.messages], self.config.model_copy(update=changes))

    async def ask(self, text: str, **changes: Any) -> ModelOutput:
        """Ask the endpoint something of the arm's own, instead of the last message."""
        messages = [*self.messages[:-1], ChatMessageUser(content=text)]
        return await self.once(messages, self.config.model_copy(update=changes))


async def ask_once(asked: Asked) -> ModelOutput:
    """The question as it is, after the arm's system text where it has one."""
    return await asked.told(prompts.render(asked.system) if asked.system else "")


async def ask_in_english(asked: Asked) -> ModelOutput:
    """English pivot: question -> English -> answer -> the asker's language. Three calls."""
    prose = {"logprobs": None, "top_logprobs": None, "max_tokens": 1024}
    translated = await asked.ask(prompts.render("pivot_translate", question=asked.question), **prose)
    answered = await asked.ask(translated.completion)
    language = english_name(language_of(asked.question) or "en")
    return await asked.ask(prompts.render("pivot_back", answer=answered.completion, language=language))


async def ask_in_another_language(asked: Asked) -> ModelOutput:
    """Told to think in a language that seed and question draw."""
    language = placebo_language(asked.question, asked.seed)
    return await asked.told(prompts.render("placebo", language=language))


def placebo_language(question: str, seed: int) -> str:
    """The language that this question is thought about in, the same whenever it is asked."""
    return _PLACEBO[int(fraction(seed, f"placebo:{question}") * len(_PLACEBO))]


async def ask_many_times(asked: Asked) -> ModelOutput:
    """Self-MoA (arXiv 2502.00674): samples of one model, merged by it. As many calls as a council makes."""
    sampling = {"temperature": 0.7, "logprobs": None, "top_logprobs": None}
    samples = [
        (await asked.told("", seed=asked.seed + one, **sampling)).completion for one in range(asked.agents)
    ]
    answers = "\n\n".join(f"{number}. {one}" for number, one in enumerate(samples, 1))
    return await asked.told(prompts.render("self_moa", answers=answers))


async def recite(asked: Asked) -> ModelOutput:
    """A decoy: the same words to every question, at no call; few where only a few tokens are asked for."""
    name = asked.text or ""
    room = asked.config.max_tokens
    return ModelOutput.from_content(name, prompts.decoy(name, long=room is None or room >= ROOM))


WAYS: dict[str, Callable[[Asked], Awaitable[ModelOutput]]] = {
    "once": ask_once,
    "pivot": ask_in_english,
    "placebo": ask_in_another_language,
    "self_moa": ask_many_times,
    "recite": recite,
}
"""Every way to ask, by the name that the table of arms uses."""
