"""What a backbone says, piece by piece: OpenAI's chunks and usage as ours."""

from collections.abc import Sequence
from typing import Any

from agents import ModelChunk, Usage

_PROMPT = ("prompt_tokens", "input_tokens")
_COMPLETION = ("completion_tokens", "output_tokens")


def read_chunk(data: dict[str, Any]) -> ModelChunk:
    """One of OpenAI's chunks as ours. The role is left out: it says nothing that the reader does not know."""
    choice = (data.get("choices") or [{}])[0]
    delta = {key: value for key, value in (choice.get("delta") or {}).items() if key != "role" and value}
    usage = read_usage(data.get("usage"))
    return ModelChunk(delta, choice.get("finish_reason"), choice.get("logprobs"), usage)


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


def _count(found: Any, names: Sequence[str]) -> int | None:
    known = found if isinstance(found, dict) else {}
    counted = next((known[name] for name in names if name in known), None)
    return counted if isinstance(counted, int) else None
