"""The Model port: the one door through which `agents` asks the world.

Whoever runs the pipeline hands in an object with this one method: over HTTP, through LiteLLM, or the
`FakeModel` of the tests.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Message = Mapping[str, Any]
"""One message in the shape of OpenAI's chat: `role`, `content` (text, parts or null) and whatever else."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or several calls. `estimated` when a backbone reported none.

    `cached_tokens` are those of the prompt that came from a prefix cache, `reasoning_tokens` those of the
    completion that were thought and not said: parts of the two, not beside them.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.estimated or other.estimated,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call of a backbone.

    `backbone` is the operator's name for it, None the default one; `parameters` are OpenAI's (temperature,
    max_tokens, tools …), sent as they are; `stage` says what for and `agent` for which culture's voice (None:
    for none), for the accounts. Calls of one `conversation` begin alike: whoever balances sends them to the
    same deployment, whose prefix cache knows that beginning; the word itself says nothing. `adapter` is the
    id of a LoRA adapter that the backbone serves beside its model, to be asked in its place.
    """

    messages: Sequence[Message]
    stage: str
    backbone: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    agent: str | None = None
    conversation: str = ""
    adapter: str | None = None


@dataclass(frozen=True, slots=True)
class ModelChunk:
    """One piece of an answer: OpenAI's `delta`, the reason to stop in the last one, usage where reported."""

    delta: Mapping[str, Any] = field(default_factory=dict)
    finish_reason: str | None = None
    logprobs: Mapping[str, Any] | None = None
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """The visible text of this piece, possibly empty; what is not text is none."""
        content = self.delta.get("content")
        return content if isinstance(content, str) else ""


class Model(Protocol):
    """Whatever can answer a conversation, piece by piece."""

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        """The answer as it is made.

        Raises:
            BackboneError: it could not be asked, or failed, before or in mid-stream.
        """
        ...
