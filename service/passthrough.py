"""What is not steered goes through byte by byte, in both directions, errors included.

A whole body is checked to be JSON. A stream is not parsed, only cut between its frames, so that one that
breaks off can end with an error frame that a client understands.
"""

from collections.abc import AsyncGenerator, Mapping

import pydantic_core
from starlette.requests import Request
from starlette.responses import Response

from agents import BackboneError
from service.disconnect import while_connected
from service.sse import EventStream
from service.upstream.openai_road import BackboneAnswer, OpenAIRoad

_FRAME_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_LONGEST_FRAME = 1_000_000


async def passthrough(
    request: Request, road: OpenAIRoad, path: str, body: bytes, headers: Mapping[str, str]
) -> Response:
    """The backbone's answer to `body` as it is, with our `headers` beside its own.

    Raises:
        BackboneError: it cannot be reached, fell silent, or sent a whole body that is not JSON.
        ClientGone: nobody waits for it any more.
    """
    answer = await while_connected(request.receive, road.post(path, body))
    if answer.content_type == "text/event-stream":
        return EventStream(whole_frames(answer.pieces()), headers=headers, first=None, every=None)
    content = await while_connected(request.receive, _read(answer))
    return Response(content, answer.status, {**answer.headers, **headers})


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


async def _read(answer: BackboneAnswer) -> bytes:
    content = b"".join([piece async for piece in answer.pieces()])
    try:
        pydantic_core.from_json(content)
    except ValueError as error:
        what = f"{answer.content_type} with status {answer.status}"
        raise BackboneError(f"the backbone's answer is not JSON but {what}", status=answer.status) from error
    return content
