"""One answer in the Responses form: the pipeline's events -> OpenAI's as they happen, or folded."""

import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents import ChoiceFinished, Delta, Event, Finished, PerspectiveDelta, Plan, Usage
from service.errors import envelope, status_of
from service.extension import extension, traced
from service.floor import Floor
from service.responses.output import REASONING, REFUSAL, SUMMARY, TEXT, Output, new_id, tell_nobody
from service.responses.wire import ResponsesRequest
from service.sse import Tentative, frame
from service.wire import Steering

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Reasons to stop that leave an answer incomplete; after all others it is complete."""


@dataclass(slots=True)
class _Told:
    """Events as frames, numbered from 0 without gaps, until they are taken."""

    number: int = 0
    frames: list[bytes] = field(default_factory=list)

    def tell(self, kind: str, **fields: Any) -> None:
        self.frames.append(_event({"type": kind, "sequence_number": self.number, **fields}))
        self.number += 1

    def take(self) -> bytes:
        taken = b"".join(self.frames)
        self.frames.clear()
        return taken


class Answer:
    """One response, from its first event to its last. For one reader: either `frames` or `whole`."""

    def __init__(self, wire: ResponsesRequest, plan: Plan) -> None:
        self._wire = wire
        self._plan = plan
        self._steering = wire.polylect or Steering()
        self._id = new_id("resp")
        self._created = int(time.time())
        self._told = _Told()
        self._output = Output(tell_nobody)
        self._reason = "stop"

    async def frames(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
        """The stream: each event a frame. The last one carries the whole response."""
        self._output = Output(self._told.tell)
        floor = Floor()
        self._told.tell("response.created", response=self._as_dict("in_progress"))
        self._told.tell("response.in_progress", response=self._as_dict("in_progress"))
        try:
            yield Tentative(self._told.take())
            async for event in events:
                self._hear(event)
                self._hear_voice(event, floor)
                if isinstance(event, Finished):
                    told = self._finished(event)
                    self._told.tell(f"response.{told['status']}", response=told)
                if made := self._told.take():
                    said = isinstance(event, Delta | PerspectiveDelta | Finished)
                    yield made if said else Tentative(made)
        finally:
            await events.aclose()

    async def whole(self, events: AsyncGenerator[Event, None]) -> dict[str, Any]:
        """The same, folded; without the voices, whose words are for a trace or a stream."""
        finished: Finished | None = None
        try:
            async for event in events:
                self._hear(event)
                finished = event if isinstance(event, Finished) else finished
        finally:
            await events.aclose()
        if finished is None:
            raise RuntimeError("the run ended without Finished and without an error")
        return self._finished(finished)

    def last_words(self, error: Exception) -> bytes:
        """The end of a stream that failed: the response as far as it came, then the error.

        OpenAI documents the error's fields in the event itself and sends them in an object `error`, for which
        its clients look; so both are here.
        """
        found = envelope(error)["error"]
        self._output.break_off()
        code = {429: "rate_limit_exceeded", 400: "invalid_prompt"}.get(status_of(error), "server_error")
        failed = self._as_dict("failed") | {"error": {"code": code, "message": found["message"]}}
        self._told.tell("response.failed", response=failed)
        self._told.tell("error", **error_fields(found))
        return self._told.take()

    def _hear(self, event: Event) -> None:
        if isinstance(event, ChoiceFinished):
            self._reason = event.finish_reason
        if not isinstance(event, Delta):
            return
        delta = event.delta
        if thought := delta.get("reasoning_content") or delta.get("reasoning"):
            self._output.say(REASONING, str(thought))
        logprobs = (event.logprobs or {}).get("content") or ()
        if delta.get("content") or logprobs:
            self._output.say(TEXT, delta.get("content") or "", [_logprob(one) for one in logprobs])
        if refusal := delta.get("refusal"):
            self._output.say(REFUSAL, refusal)
        for piece in delta.get("tool_calls") or ():
            self._output.call(piece)

    def _hear_voice(self, event: Event, floor: Floor) -> None:
        """A voice's event: our own in a trace; else, one voice after the other, a reasoning summary."""
        told = traced(event)
        if told is None:
            return
        if self._steering.trace:
            self._told.tell(f"polylect.perspective.{told.pop('type')}", **told)
        elif self._steering.live and (text := floor.hear(event)):
            self._output.say(SUMMARY, text)

    def _finished(self, finished: Finished) -> dict[str, Any]:
        status = "incomplete" if self._reason in _INCOMPLETE else "completed"
        self._output.close(status)
        told = self._as_dict(status) | {"usage": _usage(finished.usage)}
        if status == "completed":
            told["completed_at"] = int(time.time())
        else:
            told["incomplete_details"] = {"reason": _INCOMPLETE[self._reason]}
        if self._plan.mode != "direct":  # which says what it has to say in headers alone
            told["polylect"] = extension(self._plan, finished, trace=self._steering.trace)
        return told

    def _as_dict(self, status: str) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "background": False,
            "completed_at": None,
            "error": None,
            "incomplete_details": None,
            "model": self._wire.model,
            "output": self._output.items,
            "previous_response_id": None,
            "service_tier": "default",
            "store": False,
            "truncation": "disabled",
            "usage": None,
            **asked(self._wire),
        }


def asked(wire: ResponsesRequest) -> dict[str, Any]:
    """What a response repeats of its request, with OpenAI's defaults for what was left out."""
    known = {"name": None, "description": None, "parameters": None, "strict": None}
    text = wire.text.model_dump(exclude_none=True) if wire.text else {}
    unknown = wire.model_extra or {}
    return {
        "instructions": wire.instructions,
        "max_output_tokens": wire.max_output_tokens,
        "max_tool_calls": unknown.get("max_tool_calls"),
        "metadata": wire.metadata or {},
        "parallel_tool_calls": wire.parallel_tool_calls is not False,
        "prompt_cache_key": unknown.get("prompt_cache_key"),
        "reasoning": {"effort": None, "summary": None, **(wire.reasoning or {})},
        "safety_identifier": unknown.get("safety_identifier"),
        "temperature": 1.0 if wire.temperature is None else wire.temperature,
        "text": {"format": {"type": "text"}, **text},
        "tool_choice": wire.tool_choice or "auto",
        "tools": [known | tool for tool in wire.tools or ()],
        "top_logprobs": wire.top_logprobs or 0,
        "top_p": 1.0 if wire.top_p is None else wire.top_p,
        "user": wire.user,
    }


def error_fields(found: Mapping[str, Any]) -> dict[str, Any]:
    """The event `error`, out of the object of OpenAI's envelope."""
    return {"code": found["code"], "message": found["message"], "param": found["param"], "error": found}


def proxied_last_words(error: Exception) -> bytes:
    """The end of a backbone's own stream that broke off; which number it had reached is not known."""
    return _event({"type": "error", **error_fields(envelope(error)["error"])})


def _event(data: Mapping[str, Any]) -> bytes:
    return b"event: " + str(data["type"]).encode() + b"\n" + frame(data)


def _logprob(one: Mapping[str, Any]) -> dict[str, Any]:
    """Chat's, with the lists that Responses requires."""
    best = [{**other, "bytes": other.get("bytes") or []} for other in one.get("top_logprobs") or ()]
    return {**one, "bytes": one.get("bytes") or [], "top_logprobs": best}


def _usage(spent: Usage) -> dict[str, Any]:
    """The sum over all calls."""
    counted: dict[str, Any] = {
        "input_tokens": spent.prompt_tokens,
        "input_tokens_details": {"cached_tokens": spent.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": spent.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": spent.reasoning_tokens},
        "total_tokens": spent.prompt_tokens + spent.completion_tokens,
    }
    return counted | ({"estimated": True} if spent.estimated else {})
