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
    """Tokens of one or several calls. `estimated` when a backbone reported none."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call of a backbone.

    `backbone` is the operator's name for it, None the default one; `parameters` are OpenAI's (temperature,
    max_tokens, tools …), sent as they are; `stage` says who asks, for the accounts.
    """

    messages: Sequence[Message]
    stage: str
    backbone: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


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
