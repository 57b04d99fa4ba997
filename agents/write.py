"""The final stage: asks the backbone for the answer itself and emits it as it comes, choice by choice."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from agents.events import ChoiceFinished, Delta
from agents.model import Message, ModelRequest
from agents.state import Run


async def write(run: Run, messages: Sequence[Message], stage: str) -> None:
    """Emit as many choices of an answer to `messages` as the question asks for, all at once.

    Raises:
        BackboneError: any of the calls failed; the others are cancelled.
    """
    async with asyncio.TaskGroup() as group:
        for index in range(run.question.choices):
            group.create_task(_choice(run, messages, stage, index))


async def _choice(run: Run, messages: Sequence[Message], stage: str, index: int) -> None:
    parameters = _parameters(run, stage, index)
    backbone, conversation = run.question.backbone, run.conversation
    request = ModelRequest(messages, stage, backbone, parameters, conversation=conversation)
    reason: str | None = None
    async with aclosing(run.model.stream(request)) as chunks:
        async for chunk in chunks:
            reason = chunk.finish_reason or reason
            if chunk.delta or chunk.logprobs:
                run.emit(Delta(index, chunk.delta, chunk.logprobs))
                run.answer.append(chunk.text if index == 0 else "")
    run.emit(ChoiceFinished(index, reason or "stop"))


def _parameters(run: Run, stage: str, index: int) -> dict[str, Any]:
    """The asker's own; a bound on the answer where there is none, for small models that find no end.

    Of the two names of that bound the newer one wins. Choices after the first get a seed of their own, or all
    would be the same. `direct` changes nothing else.
    """
    parameters = dict(run.question.parameters)
    if stage != "direct" and not {"max_tokens", "max_completion_tokens"} & parameters.keys():
        parameters["max_tokens"] = run.limits.answer_tokens
    if "max_completion_tokens" in parameters:
        parameters.pop("max_tokens", None)
    if index and isinstance(parameters.get("seed"), int):
        parameters["seed"] += index
    return parameters
