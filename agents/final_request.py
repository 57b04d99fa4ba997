"""What the final stage asks the backbone, and what it hears of the answer."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from agents.model import Message, ModelChunk, ModelRequest
from agents.state import Run
from agents.unmarked import unmarked

_BOUNDS = frozenset({"max_tokens", "max_completion_tokens"})
_THOUGHTS = frozenset({"reasoning_content", "reasoning", "reasoning_details", "thinking_blocks"})


def final_request(run: Run, messages: Sequence[Message], stage: str, index: int) -> ModelRequest:
    """The call that writes the choice with this index."""
    parameters = _parameters(run, stage, index)
    return ModelRequest(messages, stage, run.question.backbone, parameters, conversation=run.conversation)


async def final_chunks(
    run: Run, messages: Sequence[Message], stage: str, index: int
) -> AsyncGenerator[ModelChunk, None]:
    """The choice with this index as it comes: of `direct` untouched, else without thoughts and our own marks.

    Raises:
        BackboneError: the call failed.
    """
    said = run.model.stream(final_request(run, messages, stage, index))
    async with aclosing(said if stage == "direct" else unmarked(said)) as chunks:
        async for chunk in chunks:
            yield chunk if stage == "direct" else without_thoughts(chunk)


def without_thoughts(chunk: ModelChunk) -> ModelChunk:
    """The same without what a reasoning backbone thinks before it answers, which nothing of ours checks."""
    said = {name: value for name, value in chunk.delta.items() if name not in _THOUGHTS}
    if len(said) == len(chunk.delta):
        return chunk
    return replace(chunk, delta=said, logprobs=chunk.logprobs if chunk.text else None)


def _parameters(run: Run, stage: str, index: int) -> dict[str, Any]:
    """The asker's own; a bound on the answer where there is none, for small models that find no end.

    Of the two names of that bound the newer one wins; null is none. Choices after the first get a seed of
    their own, or all would be the same. `direct` changes nothing else.
    """
    asked = run.question.parameters.items()
    parameters = {name: value for name, value in asked if value is not None or name not in _BOUNDS}
    if stage != "direct" and not _BOUNDS & parameters.keys():
        parameters["max_tokens"] = run.limits.answer_tokens
    if "max_completion_tokens" in parameters:
        parameters.pop("max_tokens", None)
    if index and isinstance(parameters.get("seed"), int):
        parameters["seed"] += index
    return parameters
