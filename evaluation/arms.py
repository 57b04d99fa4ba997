"""The arms as Inspect models: `arm/plain`, `arm/multiplex` … A base URL makes any of them.

An arm is one way to ask the same endpoint: once, once with another system text, or in several calls that make
one answer. What it spent stands in the sample's store: calls, tokens and seconds go beside every score.
"""

import time
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo
from inspect_ai.util import store
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, Omit, omit
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
from pydantic import BaseModel, ConfigDict

from evaluation import prompts
from evaluation.datasets import fraction

SPENT = "spent"
"""The key of a sample's store that holds calls, tokens and seconds."""
FINGERPRINT = "fingerprint"
"""The key of a sample's store that holds the endpoint's `system_fingerprint`."""

DIRECT = "polylect/direct"
T = TypeVar("T")

_ARMS = Path(__file__).parent / "arms.toml"
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


class Arm(BaseModel):
    """One row of the table of arms."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: str
    model: str = ""
    system: str | None = None
    ask: str = "once"
    council: bool = False
    text: str | None = None


@cache
def read_arms() -> dict[str, Arm]:
    """The table of arms, by name."""
    return {name: Arm(**row) for name, row in tomllib.loads(_ARMS.read_text("utf-8")).items()}


@modelapi(name="arm")
def arm() -> type[ModelAPI]:
    """Inspect's way to find a provider."""
    return ArmAPI


class ArmAPI(ModelAPI):
    """An arm in front of an OpenAI-compatible endpoint, through the official client.

    Inspect's own provider of that kind wants a newer client than LiteLLM allows beside it.

    Args:
        model_name: the arm's name.
        base_url: the endpoint, such as http://127.0.0.1:8000/v1.
        api_key: its key; anything where it wants none.
        agents: how many voices a council has, and how many samples an equal-call arm draws.
        seed: decides what an arm draws at random.
        backbone: the model id that arms without a mode of ours ask for: one of several backbones, or another
            endpoint's model.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - Inspect's own signature
        *,
        agents: int = 6,
        seed: int = 1,
        backbone: str | None = None,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        self._arm = read_arms()[model_name]
        self._agents = agents
        self._seed = seed
        self._model = backbone if backbone and self._arm.model == DIRECT else self._arm.model
        # Inspect retries, and says so in its log.
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key or "none", max_retries=0, timeout=600)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.close()

    def should_retry(self, ex: BaseException) -> bool:
        """What may pass by itself."""
        if isinstance(ex, APIStatusError):
            return ex.status_code in {408, 409, 429} or ex.status_code >= 500
        return isinstance(ex, APIConnectionError)

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002 - Inspect's own signature
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """The arm's answer.

        Raises:
            openai.APIError: the endpoint cannot be reached, or refuses.
        """
        asked = Asked(self._once, input, config, self._arm, self._agents, self._seed)
        return await _WAYS[self._arm.ask](asked)

    async def _once(self, messages: list[ChatMessage], config: GenerateConfig) -> ModelOutput:
        """One request to the endpoint, accounted to the sample."""
        started = time.perf_counter()
        said = [{"role": message.role, "content": message.text} for message in messages]
        council = {"polylect": {"max_agents": self._agents, "trace": False}}
        completion = await self._client.chat.completions.create(
            model=self._model,
            messages=cast(list[ChatCompletionMessageParam], said),
            max_tokens=_given(config.max_tokens),
            temperature=_given(config.temperature),
            seed=_given(config.seed),
            logprobs=_given(config.logprobs),
            top_logprobs=_given(config.top_logprobs),
            extra_body=council if self._arm.council else None,
        )
        _account(completion, time.perf_counter() - started)
        return _read(completion)


def _given(value: T | None) -> T | Omit:
    return omit if value is None else value


def _read(completion: ChatCompletion) -> ModelOutput:
    """The endpoint's answer in Inspect's words."""
    choice = completion.choices[0]
    usage = completion.usage
    found = choice.logprobs.model_dump() if choice.logprobs and choice.logprobs.content else None
    said = ChatCompletionChoice(
        message=ChatMessageAssistant(content=choice.message.content or "", source="generate"),
        stop_reason="max_tokens" if choice.finish_reason == "length" else "stop",
        logprobs=Logprobs(**found) if found else None,
    )
    counted = (
        ModelUsage(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens) if usage else None
    )
    return ModelOutput(model=completion.model, choices=[said], usage=counted)


def _account(completion: ChatCompletion, seconds: float) -> None:
    """Add one answered request to what the sample spent. `calls`: those behind it, where it tells."""
    spent = store().get(SPENT) or {}
    usage = completion.usage
    steering = (completion.model_extra or {}).get("polylect") or {}
    told = {
        "calls": steering.get("calls", 1),
        "prompt_tokens": usage.prompt_tokens if usage else 0,
        "completion_tokens": usage.completion_tokens if usage else 0,
        "seconds": seconds,
    }
    store().set(FINGERPRINT, completion.system_fingerprint)
    store().set(SPENT, {name: spent.get(name, 0) + value for name, value in told.items()})


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to an arm, and the way to the endpoint."""

    once: Callable[[list[ChatMessage], GenerateConfig], Awaitable[ModelOutput]]
    messages: list[ChatMessage]
    config: GenerateConfig
    arm: Arm
    agents: int
    seed: int

    @property
    def question(self) -> str:
        """The last message's text."""
        return self.messages[-1].text

    async def ask(self, text: str, **changes: Any) -> ModelOutput:
        """Ask the endpoint something of the arm's own, instead of the last message."""
        messages = [*self.messages[:-1], ChatMessageUser(content=text)]
        return await self.once(messages, self.config.model_copy(update=changes))


async def _ask_once(asked: Asked) -> ModelOutput:
    messages = asked.messages
    if asked.arm.system:
        messages = [ChatMessageSystem(content=prompts.render(asked.arm.system)), *messages]
    return await asked.once(messages, asked.config)


async def _ask_in_english(asked: Asked) -> ModelOutput:
    """English pivot: question -> English -> answer -> the asker's language. Three calls."""
    prose = {"logprobs": None, "top_logprobs": None, "max_tokens": 1024}
    translated = await asked.ask(prompts.render("pivot_translate", question=asked.question), **prose)
    answered = await asked.ask(translated.completion)
    last = prompts.render("pivot_back", question=asked.question, answer=answered.completion)
    return await asked.ask(last)


async def _ask_in_another_language(asked: Asked) -> ModelOutput:
    language = _PLACEBO[int(fraction(asked.seed, f"placebo:{asked.question}") * len(_PLACEBO))]
    return await asked.ask(prompts.render("placebo", question=asked.question, language=language))


async def _ask_many_times(asked: Asked) -> ModelOutput:
    """Self-MoA (arXiv 2502.00674): samples of one model, merged by it. As many calls as a council makes."""
    sampling = {"temperature": 0.7, "logprobs": None, "top_logprobs": None}
    samples = [
        (await asked.ask(asked.question, seed=asked.seed + one, **sampling)).completion
        for one in range(asked.agents)
    ]
    answers = "\n\n".join(f"[{number}] {one}" for number, one in enumerate(samples, 1))
    return await asked.ask(prompts.render("self_moa", question=asked.question, answers=answers))


async def _recite(asked: Asked) -> ModelOutput:
    """A decoy: the same words to every question, at no call."""
    return ModelOutput.from_content(asked.arm.text or "", prompts.decoy(asked.arm.text or ""))


_WAYS: dict[str, Callable[[Asked], Awaitable[ModelOutput]]] = {
    "once": _ask_once,
    "pivot": _ask_in_english,
    "placebo": _ask_in_another_language,
    "self_moa": _ask_many_times,
    "recite": _recite,
}
