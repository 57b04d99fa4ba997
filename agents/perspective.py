"""One culture's agent: it reasons in its culture's language and states its view.

Multiplexity by one agent per culture (arXiv 2501.03259). A voice fails alone: whatever happens to it is
returned as data, so that one slow, failed or empty voice and six good ones take the same road. Of what it
sends only text is heard, made harmless (`untrusted.py`); tool calls, refusals and the like are dropped.
"""

import asyncio
import zlib
from contextlib import aclosing
from typing import Any

from langgraph.runtime import Runtime

from agents.conversation import append_instruction, recall
from agents.errors import BackboneError, BackboneTimeout
from agents.events import Perspective, PerspectiveDelta, PerspectiveFinished, PerspectiveStarted, Status
from agents.model import ModelRequest
from agents.plan import Voice
from agents.state import Run, VoiceState
from agents.untrusted import Hearing


async def perspective(state: VoiceState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Node: ask one voice; its perspective joins the state."""
    run, voice = runtime.context, state["voice"]
    run.emit(PerspectiveStarted(voice.culture, voice.language))
    spoken = await _listen(run, voice)
    run.emit(PerspectiveFinished(spoken))
    return {"perspectives": [spoken]}


def voice_request(run: Run, voice: Voice) -> ModelRequest:
    """What this voice is asked: the shared conversation, then its persona inside the last message."""
    name = run.cultures.get(voice.culture).name(voice.language)
    persona = run.prompts.render("perspective", voice.language, culture=name)
    # Read last in another language, the question would draw a small model out of its own.
    again = recall(run.shared) if voice.language == run.asked_in else ""
    parameters: dict[str, Any] = {"max_tokens": run.limits.voice_tokens}
    for name in ("temperature", "top_p"):
        if name in run.question.parameters:
            parameters[name] = run.question.parameters[name]
    if isinstance(seed := run.question.parameters.get("seed"), int):
        parameters["seed"] = (seed + zlib.crc32(voice.culture.encode())) % 2**31
    return ModelRequest(
        append_instruction(run.shared, persona + again),
        "perspective",
        run.question.backbone,
        parameters,
        voice.culture,
        run.conversation,
    )


async def _listen(run: Run, voice: Voice) -> Perspective:
    heard = Hearing(run.limits.voice_characters)
    tokens = pieces = 0
    limit = run.limits.voice_seconds
    problem: BackboneError | None = None
    try:
        async with asyncio.timeout(limit), aclosing(run.model.stream(voice_request(run, voice))) as chunks:
            async for chunk in chunks:
                tokens = chunk.usage.completion_tokens if chunk.usage else tokens
                if text := heard.hear(chunk.delta):
                    pieces += 1
                    run.emit(PerspectiveDelta(voice.culture, voice.language, text))
                if heard.enough:
                    break  # closes the call: nothing that would come now is ever used
    except TimeoutError:
        problem = BackboneTimeout(f"no end within {limit:g} s")
    except BackboneError as error:
        problem = error
    return _perspective(voice, heard, tokens or pieces, problem)


def _perspective(voice: Voice, heard: Hearing, tokens: int, problem: BackboneError | None) -> Perspective:
    ended = f"{problem.code}: {problem.message}" if problem else heard.enough
    reason = ended if heard.text else ended if problem else heard.garbage
    status: Status = "silent" if not heard.text else "cut" if ended else "spoke"
    return Perspective(voice.culture, voice.language, status, heard.text, tokens, reason, problem)
