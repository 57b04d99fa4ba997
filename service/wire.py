"""OpenAI's shapes, as far as we read them. Unknown fields are kept: they are the backbone's to judge."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter


class Wire(BaseModel):
    """An object of the wire: whatever else it carries is kept."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Message(Wire):
    """One message. `content` is text, null or a list of parts."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | None = None


class StreamOptions(Wire):
    """`include_usage`: one more chunk at the end of a stream."""

    include_usage: bool = False


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Steering(BaseModel):
    """The body object `polylect`. Its fields are ours, so an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: str | None = Field(
        None, description="auto, direct, contextual or multiplex; wins over the model id"
    )
    cultures: Annotated[list[str], BeforeValidator(_as_list)] = Field(
        default_factory=list, max_length=64, description="ids, names or language tags; obeyed when given"
    )
    audience: str | None = Field(None, max_length=64, description="the asker's own culture or locale")
    reasoning_language: str = Field("auto", max_length=35, description="auto, or a BCP 47 tag for all voices")
    max_agents: int | None = Field(None, description="how many voices at most")
    rounds: int = Field(1, ge=1, le=2, description="rounds of debate")
    trace: bool = Field(
        False, description="typed events while it runs, and every perspective's text after it"
    )
    live: bool = Field(True, description="without trace: stream the voices as reasoning_content")


class ChatRequest(Wire):
    """POST /v1/chat/completions."""

    model: str = Field(min_length=1, max_length=256)
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    polylect: Steering | None = None


CHAT_REQUEST = TypeAdapter(ChatRequest)

OURS = frozenset({"model", "messages", "stream", "stream_options", "n", "polylect"})
"""Fields of a chat request that are ours to act on; all others are the final stage's parameters."""


Given = str | list[int] | list[str | list[int]]
"""What completions and embeddings take: a text, its tokens, or several of either."""


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
