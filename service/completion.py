"""One chat completion on the wire: events -> chunks as they happen, or folded into the whole answer."""

import time
import uuid
from collections import defaultdict
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from agents import ChoiceFinished, Delta, Event, Finished, PerspectiveDelta, Plan
from service.extension import extension, traced, usage
from service.floor import Floor
from service.sse import DONE, Tentative, frame


@dataclass(frozen=True, slots=True)
class Completion:
    """What all chunks of one answer share, and how the client wants it."""

    model: str
    plan: Plan
    fingerprint: str
    include_usage: bool = False
    trace: bool = False
    live: bool = True
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    async def frames(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
        """The stream of chunks, each a frame; the last ones carry the extension and, if asked for, usage."""
        floor = Floor()
        greeted: set[int] = set()
        ended: list[ChoiceFinished] = []
        try:
            async for event in events:
                if isinstance(event, Finished):
                    yield b"".join(self._last(ended, event, greeted)) + DONE
                elif isinstance(event, ChoiceFinished):
                    ended.append(event)
                elif body := self._body(event, floor, greeted):
                    made = frame(self._chunk(**body))
                    yield made if isinstance(event, Delta | PerspectiveDelta) else Tentative(made)
        finally:
            await events.aclose()

    async def whole(self, events: AsyncGenerator[Event, None]) -> dict[str, Any]:
        """The same stream, folded."""
        choices: defaultdict[int, _Choice] = defaultdict(_Choice)
        finished: Finished | None = None
        try:
            async for event in events:
                if isinstance(event, Delta):
                    choices[event.index].add(event)
                elif isinstance(event, ChoiceFinished):
                    choices[event.index].finish_reason = event.finish_reason
                elif isinstance(event, Finished):
                    finished = event
        finally:
            await events.aclose()
        if finished is None:
            raise RuntimeError("the run ended without Finished and without an error")
        return {
            **self._head("chat.completion"),
            "choices": [choices[index].as_dict(index) for index in sorted(choices)],
            "usage": usage(finished.usage),
            **self._extension(finished),
        }

    def _body(self, event: Event, floor: Floor, greeted: set[int]) -> dict[str, Any] | None:
        """What this event puts into a chunk; None when it is not for this client's eyes."""
        if isinstance(event, Delta):
            return {"choices": [self._greeting(event, greeted)]}
        told = traced(event)
        if told is None:
            return None
        index_0 = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": None}
        if self.trace:
            return {"choices": [index_0], "polylect": {"event": told}}
        text = floor.hear(event) if self.live else ""
        if not text:
            return None
        return {"choices": [self._greeting(Delta(0, {"reasoning_content": text}), greeted)]}

    def _greeting(self, event: Delta, greeted: set[int]) -> dict[str, Any]:
        """A choice with this delta; the first one of each choice says the role too."""
        delta = dict(event.delta)
        if event.index not in greeted:
            greeted.add(event.index)
            delta = {"role": "assistant", "content": "", **delta}
        return {"index": event.index, "delta": delta, "logprobs": event.logprobs, "finish_reason": None}

    def _last(self, ended: list[ChoiceFinished], finished: Finished, greeted: set[int]) -> list[bytes]:
        """The chunks that end a stream: one for each choice, then usage. An empty one says its role first."""
        *others, last = ended
        empty = [one.index for one in ended if one.index not in greeted]
        frames = [frame(self._chunk(choices=[self._greeting(Delta(one, {}), greeted)])) for one in empty]
        frames += [frame(self._chunk(choices=[_end(one)])) for one in others]
        frames.append(frame(self._chunk(choices=[_end(last)], **self._extension(finished))))
        if self.include_usage:
            spent = {"usage": usage(finished.usage)}
            frames.append(frame(self._chunk(choices=[], **spent, **self._extension(finished))))
        return frames

    def _chunk(self, **body: Any) -> dict[str, Any]:
        spent = {"usage": None} if self.include_usage else {}
        return {**self._head("chat.completion.chunk"), **spent, **body}

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
        }

    def _extension(self, finished: Finished) -> dict[str, Any]:
        """`direct` says what it has to say in headers alone."""
        if self.plan.mode == "direct":
            return {}
        return {"polylect": extension(self.plan, finished, trace=self.trace)}


def _end(choice: ChoiceFinished) -> dict[str, Any]:
    return {"index": choice.index, "delta": {}, "logprobs": None, "finish_reason": choice.finish_reason}


_THOUGHTS = ("reasoning_content", "reasoning")
"""What a reasoning backbone thinks first: the name that most use, and vLLM's newer one."""


@dataclass(slots=True)
class _Choice:
    """One choice, as its deltas add up."""

    content: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    thoughts: dict[str, str] = field(default_factory=dict)
    tool_calls: dict[int, dict[str, Any]] = field(default_factory=dict)
    function_call: dict[str, Any] = field(default_factory=dict)
    logprobs: dict[str, list[Any]] = field(default_factory=dict)
    finish_reason: str = "stop"

    def add(self, event: Delta) -> None:
        delta = event.delta
        self.content.append(delta.get("content") or "")
        self.refusal.append(delta.get("refusal") or "")
        for name in _THOUGHTS:
            if isinstance(thought := delta.get(name), str):
                self.thoughts[name] = self.thoughts.get(name, "") + thought
        for call in delta.get("tool_calls") or ():
            _merge_call(self.tool_calls.setdefault(call.get("index") or 0, {}), call)
        if legacy := delta.get("function_call"):
            _merge_call(self.function_call, {"function": legacy})
        for name, values in (event.logprobs or {}).items():
            self.logprobs.setdefault(name, []).extend(values or ())

    def as_dict(self, index: int) -> dict[str, Any]:
        content = "".join(self.content)
        message: dict[str, Any] = {
            "role": "assistant",
            "content": content if content or not (self.tool_calls or self.function_call) else None,
            "refusal": "".join(self.refusal) or None,
            **self.thoughts,
        }
        if self.tool_calls:
            message["tool_calls"] = [self.tool_calls[position] for position in sorted(self.tool_calls)]
        if self.function_call:
            message["function_call"] = self.function_call["function"]
        return {
            "index": index,
            "message": message,
            "logprobs": self.logprobs or None,
            "finish_reason": self.finish_reason,
        }


def _merge_call(call: dict[str, Any], piece: dict[str, Any]) -> None:
    """A tool call arrives in pieces: its arguments are appended, whatever else is said once."""
    function = call.setdefault("function", {"name": "", "arguments": ""})
    for name, value in (piece.get("function") or {}).items():
        function[name] = function.get(name, "") + (value or "")
    told = {name: value for name, value in piece.items() if value is not None}
    call.update({name: value for name, value in told.items() if name not in {"index", "function"}})
