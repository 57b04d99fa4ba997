"""Listening to one voice: within its time and its bounds, made harmless, read by its labels.

Of what a voice sends only text is heard (`untrusted.py`); tool calls, refusals and the like are dropped.
"""

import asyncio
import zlib
from contextlib import aclosing
from typing import Any

from agents.errors import BackboneError, BackboneTimeout
from agents.events import Perspective, PerspectiveDelta, PerspectiveFinished, PerspectiveStarted, Status
from agents.guard.guard import Finding
from agents.model import ModelRequest
from agents.plan import Voice
from agents.sections import Labels, read_sections
from agents.state import Run
from agents.unmarked import unmarked
from agents.untrusted import Hearing
from agents.watch import Watch


async def listen(
    run: Run, voice: Voice, request: ModelRequest, *, turn: int = 1, leads: bool = True
) -> Perspective:
    """What one voice says to this request; events are emitted as it speaks. A failed voice raises nothing.

    `leads`: it goes ahead of the others of its round (`head_start.py`).
    """
    run.emit(PerspectiveStarted(voice.culture, voice.language, turn, voice.role))
    start = run.head_starts[turn]
    if not leads:
        await start.wait()
    try:
        said = await _hear(run, voice, request, turn)
    finally:
        start.spoken()
    run.emit(PerspectiveFinished(said))
    return said


def voice_parameters(run: Run, voice: Voice, *, turn: int) -> dict[str, Any]:
    """A voice's own: its budget, the asker's sampling, a seed for each culture and turn."""
    parameters: dict[str, Any] = {"max_tokens": run.limits.voice_tokens}
    for name in ("temperature", "top_p"):
        if name in run.question.parameters:
            parameters[name] = run.question.parameters[name]
    if isinstance(seed := run.question.parameters.get("seed"), int):
        parameters["seed"] = (seed + turn - 1 + zlib.crc32(voice.culture.encode())) % 2**31
    return parameters


async def _hear(run: Run, voice: Voice, request: ModelRequest, turn: int) -> Perspective:
    heard = Hearing(run.limits.voice_characters)
    shown = _Shown(run, voice, turn)
    tokens = pieces = 0
    limit = run.limits.voice_seconds
    reason: str | None = None
    problem: BackboneError | None = None
    try:
        async with asyncio.timeout(limit), aclosing(unmarked(run.model.stream(request))) as chunks:
            async for chunk in chunks:
                tokens = chunk.usage.completion_tokens if chunk.usage else tokens
                reason = chunk.finish_reason or reason
                run.head_starts[turn].spoken()
                if text := heard.hear(chunk.delta):
                    pieces += 1
                    await shown.show(text)
                if heard.enough or shown.finding:
                    break  # closes the call: nothing that would come now is ever used
    except TimeoutError:
        problem = BackboneTimeout(f"no end within {limit:g} s")
    except BackboneError as error:
        problem = error
    await shown.end()
    beyond = f"it talked on beyond {run.limits.voice_tokens} tokens" if reason == "length" else None
    text, ended = heard.text, f"{problem.code}: {problem.message}" if problem else heard.enough or beyond
    if shown.finding:
        text = shown.text.strip()
        ended = f"the guard stopped it ({shown.finding.by}: {shown.finding.what})"
    status: Status = "silent" if not text else "cut" if ended else "spoke"
    labels, english = Labels.read(run.prompts, voice.language), Labels.read(run.prompts, "en")
    return Perspective(
        voice.culture,
        voice.language,
        status,
        text,
        tokens or pieces,
        ended if text or problem or shown.finding else heard.garbage,
        problem,
        turn,
        read_sections(text, labels, english),
        voice.role,
    )


class _Shown:
    """What of a voice is shown while it speaks: all of it at once, or what the guard lets through."""

    def __init__(self, run: Run, voice: Voice, turn: int) -> None:
        self._run, self._voice, self._turn = run, voice, turn
        self._watch = Watch(run, run.guard, voice.language, whole=True) if run.guard else None
        if run.guard and not run.guard.covers(voice.language):
            run.guarded.unchecked.add(voice.language)

    @property
    def finding(self) -> Finding | None:
        """Why the guard stopped it, if it did."""
        return self._watch.finding if self._watch else None

    @property
    def text(self) -> str:
        """What the guard let through."""
        return self._watch.released if self._watch else ""

    async def show(self, text: str) -> None:
        self._emit(await self._watch.feed(text) if self._watch else text)

    async def end(self) -> None:
        if self._watch:
            self._emit(await self._watch.end())
        if self.finding:
            self._run.guarded.found(self.finding, self._voice.culture)

    def _emit(self, text: str) -> None:
        if text:
            voice = self._voice
            self._run.emit(PerspectiveDelta(voice.culture, voice.language, text, self._turn, voice.role))
