"""The final stage: asks the backbone for the answer itself and emits it as it comes, choice by choice."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from agents.events import ChoiceFinished, Delta
from agents.final_request import final_chunks
from agents.guarded import GuardedChoice
from agents.model import Message
from agents.state import Run


async def write(run: Run, messages: Sequence[Message], stage: str, *, language: str | None = None) -> None:
    """Emit as many choices of an answer to `messages` as the question asks for, all at once.

    `language` is the one it should be in, None where that is not known.

    Raises:
        BackboneError: any of the calls failed; the others are cancelled.
    """
    async with asyncio.TaskGroup() as group:
        for index in range(run.question.choices):
            if run.guard:
                choice = GuardedChoice(run, run.guard, stage, index, language)
                group.create_task(choice.write(messages))
            else:
                group.create_task(_as_it_comes(run, messages, stage, index))


async def _as_it_comes(run: Run, messages: Sequence[Message], stage: str, index: int) -> None:
    reason: str | None = None
    async with aclosing(final_chunks(run, messages, stage, index)) as chunks:
        async for chunk in chunks:
            reason = chunk.finish_reason or reason
            if chunk.delta or chunk.logprobs:
                run.emit(Delta(index, chunk.delta, chunk.logprobs))
                run.answer.append(chunk.text if index == 0 else "")
    run.emit(ChoiceFinished(index, reason or "stop"))
