"""The arms as Inspect models: `arm/plain`, `arm/multiplex` … A base URL makes any of them.

An arm is one way to ask the same endpoint: once, once with another system text, or in several calls that make
one answer. What it spent stands in the sample's store: calls, tokens and seconds go beside every score.
"""

import time
import tomllib
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo
from inspect_ai.util import store
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, Omit, OpenAIError, RateLimitError, omit
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
from pydantic import BaseModel, ConfigDict
from tenacity.wait import WaitBaseT

from evaluation.patience import Patience
from evaluation.ways import WAYS, Asked

SPENT = "spent"
"""The key of a sample's store that holds an arm's calls, tokens and seconds."""
JUDGE_SPENT = "judge_spent"
"""The same of the model that judges: no part of what an answer cost."""
FINGERPRINT = "fingerprint"
"""The key of a sample's store that holds the endpoint's `system_fingerprint`."""

DIRECT = "polylect/direct"
T = TypeVar("T")

_ARMS = Path(__file__).parent / "arms.toml"


class Arm(BaseModel):
    """One row of the table of arms."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: str
    model: str = ""
    system: str | None = None
    ask: str = "once"
    council: bool = False
    text: str | None = None

    @property
    def calls(self) -> bool:
        """Whether it asks the endpoint at all; a decoy does not."""
        return bool(self.model)

    def on(self, backbone: str | None) -> str:
        """The model id that it asks for, with this backbone behind it (None: the endpoint's default)."""
        if not backbone or not self.calls:
            return self.model
        return backbone if self.model == DIRECT else f"{self.model}@{backbone}"


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
        base_url: the endpoint, such as http://127.0.0.1:8000/v1; Inspect writes it into its logs.
        api_key: its key; anything where it wants none.
        agents: how many voices a council has, and how many samples an equal-call arm draws.
        seed: decides what an arm draws at random.
        backbone: the model id to ask for, of one of several backbones or of another endpoint; an arm that is
            a mode of ours asks for that mode on it.
        purse: the key of a sample's store that its calls are counted under.
        patience: seconds for which the endpoint may fail every call before the arm stops calling.
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
        purse: str = SPENT,
        patience: float = 60,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        self._arm = read_arms()[model_name]
        self._agents = agents
        self._seed = seed
        self._model = self._arm.on(backbone)
        self._purse = purse
        self._patience = Patience(patience)
        # Inspect retries, and says so in its log.
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key or "none", max_retries=0, timeout=600)

    def sign_in(self, url: str) -> None:
        """Ask at this URL, which may hold a user and a password: no log ever sees it."""
        self._client = self._client.with_options(base_url=url)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._client.close()

    def should_retry(self, ex: BaseException) -> bool:
        """What may pass by itself, unless the endpoint has answered nothing for too long."""
        return _may_pass(ex) and not self._patience.is_over

    def retry_wait(self) -> WaitBaseT:
        """Inspect's waits, scaled to this arm's patience."""
        return self._patience.waits()

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
            EndpointGone: it has not been reached for so long that it is not tried any more.
        """
        arm = self._arm
        if not arm.calls:
            _spend(self._purse)
        asked = Asked(self._once, input, config, arm.system, arm.text, self._agents, self._seed)
        return await WAYS[arm.ask](asked)

    async def _once(self, messages: list[ChatMessage], config: GenerateConfig) -> ModelOutput:
        """One request to the endpoint, accounted to the sample."""
        self._patience.check()
        started = time.perf_counter()
        try:
            completion = await self._complete(messages, config)
        except OpenAIError as error:
            if isinstance(error, RateLimitError):
                self._patience.answered()
            elif _may_pass(error):
                self._patience.failed()
            raise
        self._patience.answered()
        _account(completion, time.perf_counter() - started, self._purse)
        return _read(completion)

    async def _complete(self, messages: list[ChatMessage], config: GenerateConfig) -> ChatCompletion:
        said = [{"role": message.role, "content": message.text} for message in messages]
        council = {"polylect": {"max_agents": self._agents, "trace": False}}
        return await self._client.chat.completions.create(
            model=self._model,
            messages=cast(list[ChatCompletionMessageParam], said),
            max_tokens=_given(config.max_tokens),
            temperature=_given(config.temperature),
            seed=_given(config.seed),
            logprobs=_given(config.logprobs),
            top_logprobs=_given(config.top_logprobs),
            extra_body=council if self._arm.council else None,
        )


def _given(value: T | None) -> T | Omit:
    return omit if value is None else value


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, APIStatusError):
        return error.status_code in {408, 409, 429} or error.status_code >= 500
    return isinstance(error, APIConnectionError)


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


def _account(completion: ChatCompletion, seconds: float, purse: str) -> None:
    """Add one answered request to what the sample spent. `calls`: those behind it, where it tells."""
    usage = completion.usage
    steering = (completion.model_extra or {}).get("polylect") or {}
    if purse == SPENT:
        store().set(FINGERPRINT, completion.system_fingerprint)
    _spend(
        purse,
        calls=steering.get("calls", 1),
        prompt_tokens=usage.prompt_tokens if usage else 0,
        completion_tokens=usage.completion_tokens if usage else 0,
        seconds=seconds,
    )


def _spend(
    purse: str, calls: int = 0, prompt_tokens: int = 0, completion_tokens: int = 0, seconds: float = 0.0
) -> None:
    told = {"calls": calls, "prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
    spent = store().get(purse) or {}
    store().set(
        purse, {name: spent.get(name, 0) + value for name, value in {**told, "seconds": seconds}.items()}
    )
