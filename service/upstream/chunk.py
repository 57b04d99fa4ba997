"""What a backbone says, piece by piece: OpenAI's chunks and usage as ours."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from agents import BackboneUnavailable, ModelChunk, Usage

_PROMPT = ("prompt_tokens", "input_tokens")
_COMPLETION = ("completion_tokens", "output_tokens")


class _Said(BaseModel):
    """As much of a chunk's shape as whoever reads it goes by."""

    model_config = ConfigDict(strict=True)


class _Function(_Said):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(_Said):
    index: int | None = None
    function: _Function | None = None


class _Delta(_Said):
    content: str | list[Any] | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None
    function_call: _Function | None = None


class _Logprobs(_Said):
    content: list[dict[str, Any]] | None = None


class _Choice(_Said):
    delta: _Delta | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Chunk(_Said):
    choices: list[_Choice] | None = None


_CHUNK = TypeAdapter(_Chunk)
_MEMBERS = frozenset({"str", "list[any]"})
"""Of a union, which pydantic names in a place, too."""


def read_chunk(data: dict[str, Any]) -> ModelChunk:
    """One of OpenAI's chunks as ours. The role is left out: it says nothing that the reader does not know.

    Raises:
        BackboneUnavailable: it is none.
    """
    try:
        _CHUNK.validate_python(data)
    except ValidationError as error:
        raise BackboneUnavailable(f"the backbone sent a chunk of no known shape, at {_at(error)}") from error
    choice = (data.get("choices") or [{}])[0]
    said = choice.get("delta") or {}
    if isinstance(said.get("content"), list):
        said = {**said, "content": "".join(map(_text_of_part, said["content"]))}
    delta = {key: value for key, value in said.items() if key != "role" and value}
    usage = read_usage(data.get("usage"))
    return ModelChunk(delta, choice.get("finish_reason") or None, choice.get("logprobs"), usage)


def read_usage(found: Any) -> Usage | None:
    """OpenAI's usage object, where it is one: chat's, or that of a response."""
    if not isinstance(found, dict):
        return None
    prompt, completion = (_count(found, one) for one in (_PROMPT, _COMPLETION))
    if prompt is None:
        return None
    cached, reasoned = (found.get(f"{kind}_details") or {} for kind in ("prompt_tokens", "completion_tokens"))
    return Usage(
        prompt,
        completion or 0,
        cached_tokens=_count(cached, ("cached_tokens",)) or 0,
        reasoning_tokens=_count(reasoned, ("reasoning_tokens",)) or 0,
    )


def _at(error: ValidationError) -> str:
    """The place; not what is there, which may be anything."""
    found = error.errors(include_url=False, include_input=False, include_context=False)[0]
    return ".".join(str(step) for step in found["loc"] if step not in _MEMBERS)


def _text_of_part(part: Any) -> str:
    """The words of a part of the answer; a thought or an image has none."""
    text = part.get("text") if isinstance(part, Mapping) else part
    return text if isinstance(text, str) else ""


def _count(found: Any, names: Sequence[str]) -> int | None:
    known = found if isinstance(found, dict) else {}
    counted = next((known[name] for name in names if name in known), None)
    return counted if isinstance(counted, int) else None
