"""OpenAI's shapes, as far as we read them. Unknown fields are kept: they are the backbone's to judge.

Two readings of one request. `ChatRequest` is what the service itself acts on, whoever answers. A request
that is steered must be a `SteeredChatRequest` too: several calls are made out of it, so what OpenAI would
refuse is refused before the first of them. Otherwise (a backbone's own id, `direct`) the backbone judges.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

PREFIX = "polylect/"
"""How the ids of the modes begin."""

MOST_MESSAGES = 10_000
"""OpenAI takes 2,048. Ten thousand are read in a tenth of a second, in which nobody else is served."""

MOST_PARTS = 10_000
MOST_TOOLS = 1_000
_MOST_OPTIONS = 64
_MOST_CULTURES = 64

Integer = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""One that every JSON reader takes; thousands of digits are no number of anything."""

Tokens = Annotated[int, Field(ge=1, le=2**53)]


class Wire(BaseModel):
    """An object of the wire: whatever else it carries is kept."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


AnyParts = Annotated[list[str | dict[str, Any]], Field(fail_fast=True, max_length=MOST_PARTS)]


class Message(Wire):
    """One message. `content` is text, null or a list of parts."""

    role: str = Field(max_length=64)
    content: str | AnyParts | None = None


class StreamOptions(Wire):
    """`include_usage`: one more chunk at the end of a stream."""

    include_usage: bool | None = False


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _few(value: Any) -> Any:
    """Each unknown field is reported: millions of them would keep everybody waiting."""
    if isinstance(value, dict) and len(value) > _MOST_OPTIONS:
        raise PydanticCustomError(
            "too_long", "Input should have at most {most} fields", {"most": _MOST_OPTIONS}
        )
    return value


FewFields = BeforeValidator(_few)
"""For every object whose unknown fields are errors."""

Cultures = Annotated[
    list[Annotated[str, Field(max_length=128)]], Field(fail_fast=True, max_length=_MOST_CULTURES)
]


def _null_too(schema: dict[str, Any]) -> None:
    """Say of every property that it may be null, as OpenAI's own may: null is as if it were not there."""
    for name, one in schema["properties"].items():
        told = {key: one.pop(key) for key in ("default", "description", "title") if key in one}
        choices = one.get("anyOf", [one])
        if {"type": "null"} not in choices:
            choices = [*choices, {"type": "null"}]
        schema["properties"][name] = {"anyOf": choices, **told}


class Steering(BaseModel):
    """The body object `polylect`. Its fields are ours, so an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, json_schema_extra=_null_too)

    mode: str | None = Field(
        None,
        max_length=64,
        description="auto, direct, contextual, multiplex, debate or expert; wins over the model id",
    )
    cultures: Annotated[Cultures, BeforeValidator(_as_list, json_schema_input_type=str | Cultures)] = Field(
        default_factory=list, description="ids, names or language tags; obeyed when given"
    )
    audience: str | None = Field(None, max_length=64, description="the asker's own culture or locale")
    reasoning_language: str = Field("auto", max_length=35, description="auto, or a BCP 47 tag for all voices")
    max_agents: Integer | None = Field(None, description="how many voices at most")
    rounds: int | None = Field(None, ge=1, le=2, description="how often the voices of a debate speak; 2")
    guard: Literal["on", "strict"] = Field(
        "on", description="strict: a stream is held back until all of it is checked, and revised if need be"
    )
    trace: bool = Field(
        False, description="typed events while it runs, and every perspective's text after it"
    )
    live: bool = Field(True, description="without trace: stream the voices as reasoning_content")

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: one for name, one in value.items() if one is not None}
        return value


class ChatRequest(Wire):
    """POST /v1/chat/completions."""

    model: str = Field(min_length=1, max_length=256)
    messages: list[Message] = Field(fail_fast=True, min_length=1, max_length=MOST_MESSAGES)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Integer | None = None
    polylect: Annotated[Steering, FewFields] | None = None

    @property
    def is_steered(self) -> bool:
        """Whether more is asked for than to hand it to a backbone."""
        if self.polylect and self.polylect.mode:
            return self.polylect.mode != "direct"
        if self.model.startswith(PREFIX):
            return self.model.removeprefix(PREFIX).partition("@")[0] != "direct"
        return False


class Part(Wire):
    """A part of a message's content: text, or what only the final stage sees."""

    type: str = Field(min_length=1, max_length=64)
    text: str | None = Field(None, validate_default=True)

    @field_validator("text")
    @classmethod
    def _is_there(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("type") == "text":
            raise PydanticCustomError("missing", "A part of type 'text' needs a string here")
        return value


Parts = Annotated[list[Part], Field(fail_fast=True, min_length=1, max_length=MOST_PARTS)]


class SteeredMessage(Wire):
    """One message of a conversation that the council is to read."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | Parts | None = None
    tool_call_id: str | None = Field(None, validate_default=True)

    @field_validator("tool_call_id")
    @classmethod
    def _answers_a_call(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("role") == "tool":
            raise PydanticCustomError("missing", "A message of role 'tool' names the call that it answers")
        return value


class Tool(Wire):
    """A tool that the final stage may call."""

    type: str = Field(min_length=1, max_length=64)


Stops = Annotated[list[Annotated[str, Field(min_length=1)]], Field(fail_fast=True, max_length=4)]


class SteeredChatRequest(ChatRequest):
    """A chat request for the modes `auto`, `contextual` and `multiplex`."""

    messages: list[SteeredMessage] = Field(
        fail_fast=True,  # type: ignore[assignment]
        min_length=1,
        max_length=MOST_MESSAGES,
    )
    stop: str | Stops | None = None
    max_tokens: Tokens | None = Field(
        None, description="bounds the answer; voices have a budget of their own"
    )
    max_completion_tokens: Tokens | None = Field(None, description="wins over max_tokens")
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    tools: Annotated[list[Tool], Field(fail_fast=True, max_length=MOST_TOOLS)] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    logit_bias: dict[str, Any] | None = None

    @field_validator("stream_options")
    @classmethod
    def _is_for_a_stream(cls, value: StreamOptions | None, info: ValidationInfo) -> StreamOptions | None:
        if value is not None and not info.data.get("stream"):
            raise PydanticCustomError("no_stream", "Only a request with 'stream': true may have it")
        return value


CHAT_REQUEST = TypeAdapter(ChatRequest)
STEERED_CHAT_REQUEST = TypeAdapter(SteeredChatRequest)

OURS = frozenset({"model", "messages", "stream", "stream_options", "n", "polylect"})
"""Fields of a chat request that are ours to act on; all others are the final stage's parameters."""


_TokenIds = Annotated[list[int], Field(fail_fast=True)]
Given = str | _TokenIds | Annotated[list[str | _TokenIds], Field(fail_fast=True)]
"""What completions and embeddings take: a text, its tokens, or several of either. Their tokens are capped."""


class UnsteeredRequest(Wire):
    """What goes to a backbone unread, save for its model id and its length."""

    model: str = Field(min_length=1, max_length=256)

    def given(self) -> Given:
        """The text or tokens that it gives the backbone."""
        raise NotImplementedError


class CompletionRequest(UnsteeredRequest):
    """POST /v1/completions."""

    prompt: Given
    stream: bool | None = None

    def given(self) -> Given:
        """The prompt."""
        return self.prompt


class EmbeddingRequest(UnsteeredRequest):
    """POST /v1/embeddings."""

    input: Given

    def given(self) -> Given:
        """The input."""
        return self.input
