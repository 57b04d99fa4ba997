"""What is not steered goes through byte by byte, in both directions, errors included.

A whole body is checked to be JSON. A stream is not parsed, only cut between its frames, so that one that
breaks off can end with an error frame that a client understands; its tail is searched for `usage`.
"""

import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from typing import Any

import pydantic_core
from starlette.requests import Request
from starlette.responses import Response

from agents import BackboneError, BackboneRejected, BackboneTimeout
from service.disconnect import while_served
from service.settings import Settings
from service.sse import EventStream, last_frames
from service.telemetry.observed import Call, Observer
from service.upstream.backbones import FastRoad
from service.upstream.chunk import read_usage
from service.upstream.openai_road import BackboneAnswer
from service.usage_tail import UsageTail, asks_for_usage, read_finish_reasons, without_usage_chunk

_FRAME_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_LONGEST_FRAME = 1_000_000


@dataclass(frozen=True, slots=True)
class Proxied:
    """One request on its way through.

    `needs_usage`: somebody counts tokens, so a stream is asked to report them. `prompt_tokens` is the
    estimate that counts where a backbone reports nothing.
    """

    road: FastRoad
    path: str
    body: bytes
    headers: Mapping[str, str]
    observer: Observer
    backbone: str
    prompt_tokens: int = 0
    needs_usage: bool = False


async def passthrough(
    request: Request, proxied: Proxied, *, last_words: Callable[[Exception], bytes] = last_frames
) -> Response:
    """The backbone's answer as it is, with our headers beside its own; `last_words` end a stream that breaks.

    Raises:
        BackboneError: it cannot be reached, fell silent, or sent a whole body that is not JSON or too large.
        ClientGone: nobody waits for it any more.
    """
    settings: Settings = request.app.state.settings
    body, drops = proxied.body, False
    if proxied.needs_usage and (asking := asks_for_usage(body)):
        body, drops = asking, True
    with ExitStack() as stack:
        call = stack.enter_context(proxied.observer.call("direct", proxied.backbone))
        answer = await while_served(request, proxied.road.post(proxied.path, body))
        call.status = answer.status
        if answer.content_type != "text/event-stream" or answer.status != 200:
            whole = _whole(answer, call, settings)
            content = await while_served(request, whole)
            return Response(content, answer.status, {**answer.headers, **proxied.headers})
        tail = UsageTail(proxied.prompt_tokens)
        frames = _relay(answer, call, tail, stack.pop_all(), settings)
        await anext(frames)  # begun, so that closing it gives back all that it holds
    if drops:
        frames = without_usage_chunk(frames)
    return EventStream(frames, headers=proxied.headers, first=None, every=None, last_words=last_words)


async def _relay(
    answer: BackboneAnswer, call: Call, tail: UsageTail, held: ExitStack, settings: Settings
) -> AsyncGenerator[bytes, None]:
    """An empty piece at once; then the answer's frames."""
    with held:
        async with answer, aclosing(whole_frames(_bounded(answer, settings))) as frames:
            try:
                yield b""
                async for piece in frames:
                    call.said()
                    tail.see(piece)
                    yield piece
            finally:
                call.usage, call.finish_reasons = tail.usage(), tail.finish_reasons()


async def whole_frames(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same bytes, each piece ending where a frame ends; the rest, if any, is given at the end."""
    held = b""
    try:
        async for piece in pieces:
            held += piece
            end = max(held.rfind(mark) + len(mark) if mark in held else 0 for mark in _FRAME_ENDS)
            end = end or (len(held) if len(held) > _LONGEST_FRAME else 0)
            if end:
                yield held[:end]
                held = held[end:]
        if held:
            yield held
    finally:
        await pieces.aclose()


async def _bounded(answer: BackboneAnswer, settings: Settings) -> AsyncGenerator[bytes, None]:
    """The answer's pieces, as many bytes and for as long as the operator allows."""
    deadline = time.monotonic() + settings.direct_seconds
    room = settings.max_response_bytes
    async with aclosing(answer.pieces()) as pieces:
        async for piece in pieces:
            room -= len(piece)
            if room < 0:
                most = settings.max_response_bytes
                raise BackboneError(f"the backbone's answer is longer than {most:,} bytes, the most allowed")
            if time.monotonic() > deadline:
                raise BackboneTimeout(f"no end of the answer within {settings.direct_seconds:g} s")
            yield piece


async def _whole(answer: BackboneAnswer, call: Call, settings: Settings) -> bytes:
    async with answer:
        content = b"".join([piece async for piece in _bounded(answer, settings)])
    try:
        found: Any = pydantic_core.from_json(content)
    except ValueError as error:
        raise _not_json(answer) from error
    call.said()
    if isinstance(found, dict):
        call.usage, call.finish_reasons = read_usage(found.get("usage")), read_finish_reasons(found)
    return content


def _not_json(answer: BackboneAnswer) -> BackboneError:
    """An error without an envelope keeps its status where the asker can do something about it."""
    what = f"{answer.content_type} with status {answer.status}"
    message = f"the backbone's answer is not JSON but {what}"
    retry_after = answer.headers.get("Retry-After")
    if 400 <= answer.status < 500:
        return BackboneRejected(message, status=answer.status, retry_after=retry_after)
    return BackboneError(message, status=answer.status, retry_after=retry_after)


def renamed(body: bytes, model: str, road: FastRoad, *, ours: bool) -> bytes:
    """The same request to the backbone: its own model id, without our object; else the very bytes."""
    if model == road.model and not ours:
        return body
    content = json.loads(body)
    content.pop("polylect", None)
    content["model"] = road.model
    return json.dumps(content, ensure_ascii=False).encode()
