"""The shapes of what we send, for the OpenAPI document and for the tests that hold real answers against it.

Nothing is validated by them while the service runs: answers are made by our own code, or are a backbone's.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Answered(BaseModel):
    """An object that we send. A backbone may put more into it."""

    model_config = ConfigDict(extra="allow", frozen=True)


class ErrorObject(BaseModel):
    """What went wrong, in one sentence that names the value and the cure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    message: str
    type: str
    param: str | None = Field(description="the field of the request, such as messages.0.role")
    code: str | None = Field(description="for programs: stable, unlike the message")


class ErrorEnvelope(BaseModel):
    """OpenAI's error envelope: always with all four keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    error: ErrorObject


class TokenUsage(Answered):
    """Tokens; of a steered answer the sum over all internal calls."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: dict[str, Any] | None = None
    completion_tokens_details: dict[str, Any] | None = None
    estimated: bool = Field(False, description="a backbone reported nothing")


class Voiced(Answered):
    """One voice of a council, or one candidate of mode `expert`."""

    culture: str | None = Field(description="null for a candidate about no culture that is known")
    language: str
    status: Literal["spoke", "cut", "silent"]
    tokens: int
    role: Literal["elicit", "reason"] | None = Field(None, description="in mode `expert` alone")
    round: int | None = Field(None, description="2 in the second round of a debate")
    reason: str | None = None
    confidence: Literal["high", "medium", "low"] | None = None
    changed: bool | None = Field(None, description="of round two: whether it says that its view changed")
    text: str | None = Field(None, description="with `trace` alone")
    sections: dict[str, Any] | None = Field(None, description="its parts, with `trace` alone")


class Score(Answered):
    """The Perspectives Distribution Score of the answer's text."""

    distribution: dict[str, float]
    entropy: float
    sectors: int
    companions: dict[str, float] | None = Field(
        None, description="of an answer with `trace`: references, those that a reader could check, words"
    )


class ReferenceObject(Answered):
    """A name in a text, and whom it refers to."""

    text: str
    start: int = Field(description="where it begins in the text, in Unicode characters")
    end: int
    culture: str
    sector: str
    kind: str = Field(
        description="territory, people, language, area, city; "
        "practice, text, person, festival, dish, place, institution"
    )
    specific: bool = Field(description="a reader could check it")
    weight: float = Field(description="what it counts: less than 1 for a part in a shared name")
    date: str | None = Field(description="the date beside it, as written")


class ScoredText(Score):
    """The Perspectives Distribution Score of a text, and the references that it rests on."""

    references: list[ReferenceObject]


class Stopped(Answered):
    """Something that the guard did not let through."""

    culture: str | None = Field(description="whose voice said it; null for the answer")
    by: Literal["rules", "model"]
    what: str = Field(description="the kind of harm")


class Guarded(Answered):
    """What the guard did."""

    findings: list[Stopped]
    unchecked: list[str] = Field(description="languages that no rules cover")
    unjudged: list[str] = Field(description="why the guard's model gave no rating")
    revised: bool
    withheld: bool
    answered_in: str | None = Field(description="the language that the answer is in, where it can be told")
    retried: bool = Field(description="it was asked for once more, having come in another language")


class Extension(Answered):
    """The object `polylect` of a steered answer."""

    mode: Literal["contextual", "multiplex", "debate", "expert"]
    why: str
    context: dict[str, Any]
    answer_language: str | None
    perspectives: list[Voiced]
    debate: list[Voiced] | None = Field(None, description="the second round, in mode `debate` alone")
    pds: Score | None
    calls: int
    usage: dict[str, TokenUsage]
    overhead_ms: float
    shortened: dict[str, int] | None = Field(
        None, description="turns and characters left out of a conversation longer than the backbone's context"
    )
    guard: Guarded | None = None
    voices: list[dict[str, Any]] | None = Field(None, description="with `trace` alone: why each was asked")


class AnswerMessage(Answered):
    """What the assistant says."""

    role: str
    content: str | None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = Field(None, description="the same under vLLM's newer name")
    tool_calls: list[dict[str, Any]] | None = None


class Choice(Answered):
    """One answer."""

    index: int
    message: AnswerMessage
    logprobs: dict[str, Any] | None = None
    finish_reason: str | None


class ChatCompletion(Answered):
    """A whole answer. Fields of a backbone's own id are the backbone's."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    system_fingerprint: str | None = None
    choices: list[Choice]
    usage: TokenUsage | None = None
    polylect: Extension | None = None


class Delta(Answered):
    """What is added to an answer."""

    role: str | None = None
    content: str | None = None
    reasoning_content: str | None = Field(None, description="the voices, one after the other")
    reasoning: str | None = Field(None, description="a backbone's own thoughts, under vLLM's newer name")
    tool_calls: list[dict[str, Any]] | None = None


class ChunkChoice(Answered):
    """A piece of one answer."""

    index: int
    delta: Delta
    logprobs: dict[str, Any] | None = None
    finish_reason: str | None = None


class VoiceEvent(Answered):
    """What a voice does, while it does it: with `trace` alone."""

    type: Literal["started", "delta", "finished"]
    culture: str | None = Field(description="null for a candidate about no culture that is known")
    language: str
    text: str | None = None


class EventExtension(Answered):
    """The object `polylect` of a chunk about a voice."""

    event: VoiceEvent


class ChatCompletionChunk(Answered):
    """The data of one frame of a stream."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    system_fingerprint: str | None = None
    choices: list[ChunkChoice]
    usage: TokenUsage | None = None
    polylect: Extension | EventExtension | None = None


class ModelObject(Answered):
    """What `model` may name: a mode, or a backbone."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(Answered):
    """All of them."""

    object: Literal["list"]
    data: list[ModelObject]


class Health(Answered):
    """The process lives."""

    status: Literal["ok"]


class Readiness(Answered):
    """Whether the default backbone answers; each backbone by name, to who may use it."""

    status: Literal["ready", "not ready", "stopping"]
    backbones: dict[str, bool]


class ResponseObject(Answered):
    """A whole response. Fields of a backbone's own id are the backbone's."""

    id: str
    object: Literal["response"]
    created_at: float
    status: str
    model: str
    output: list[dict[str, Any]]
    usage: dict[str, Any] | None = None
    polylect: Extension | None = None


class ResponseEvent(Answered):
    """The data of one event of a response's stream."""

    type: str
    sequence_number: int


class TextCompletion(Answered):
    """The backbone's own."""

    id: str
    object: Literal["text_completion"]
    choices: list[dict[str, Any]]
    usage: TokenUsage | None = None


class Embeddings(Answered):
    """The backbone's own."""

    object: Literal["list"]
    data: list[dict[str, Any]]


class SpanObject(Answered):
    """A piece of evidence for a culture."""

    start: int = Field(description="where it begins in its turn, in Unicode characters")
    end: int
    text: str
    culture: str
    kind: str = Field(
        description="territory, people, language, area, city, …; audience: it says who asks, or who is served"
    )
    turn: int | Literal["system"] = Field(
        description="0: the asker's last turn, -1 the one before it; or the system prompt"
    )


class CulturalContext(Answered):
    """What is recognised in a text; docs/api.md says what each field means."""

    language: dict[str, Any] | None
    languages: list[dict[str, Any]]
    cultural: float
    cultures: list[dict[str, Any]]
    audience: list[dict[str, Any]]
    domain: str | None
    cue: Literal["explicit", "native_language", "implicit", "none"]
    spans: list[SpanObject]


class CultureObject(Answered):
    """A curated culture."""

    id: str
    object: Literal["culture"]
    names: dict[str, str]
    sector: str
    languages: list[str]


class CultureList(Answered):
    """All of them."""

    object: Literal["list"]
    data: list[CultureObject]
