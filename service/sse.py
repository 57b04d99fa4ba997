"""Server-sent events: frames out of whatever makes them, with keep-alives, error frame and `[DONE]`."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.disconnect import ClientGone, ServiceStopping, while_connected
from service.errors import envelope, error_response, status_of
from service.telemetry.record import record_of

log = logging.getLogger("polylect")

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"
HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
}
_BUFFERED_FRAMES = 64


class Tentative(bytes):
    """A frame that says nothing yet, so that an error after it may still have a status of its own."""


Made = bytes | Exception | None
"""What the maker of frames hands over: a frame, its failure, or its end."""


def frame(data: Mapping[str, Any]) -> bytes:
    """One event that carries a JSON object."""
    return b"data: " + json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def last_frames(error: Exception) -> bytes:
    """How a stream of chat ends that has failed."""
    return frame(envelope(error)) + DONE


class EventStream(Response):
    """Streams frames as they are made; those that end it are among them.

    The status is decided by the first frame that is not `Tentative`: an error before it, and before the first
    keep-alive is due, is answered with its own status and no stream at all. Later `last_words` of it end the
    stream. When the client leaves the maker of the frames is cancelled, before the first frame too.

    `first` and `every` are seconds of silence before the first and the following keep-alives, None for none.
    """

    def __init__(
        self,
        frames: AsyncGenerator[bytes, None],
        *,
        headers: Mapping[str, str],
        first: float | None,
        every: float | None,
        last_words: Callable[[Exception], bytes] = last_frames,
    ) -> None:
        super().__init__(headers={**headers, **HEADERS})
        del self.headers["content-length"]
        self._frames = frames
        self._first = first
        self._every = every
        self._last_words = last_words
        self._started = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: send everything; stop when nobody listens any more, or when the service ends."""
        stopping = scope["app"].state.draining.over
        try:
            await while_connected(receive, self._respond(scope, receive, send), stopping)
        except ClientGone:
            log.debug("client left a stream")
        except ServiceStopping as error:
            await self._fail(error, scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        made: asyncio.Queue[Made] = asyncio.Queue(_BUFFERED_FRAMES)
        making = asyncio.create_task(self._make(made))
        try:
            withheld, item = await self._begin(made)
            if not isinstance(item, Exception):
                await self._start(withheld, send)
            while isinstance(item, bytes):
                await send({"type": "http.response.body", "body": item, "more_body": True})
                item = await _next(made, self._every)
            if item is None:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                await self._fail(item, scope, receive, send)
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    async def _start(self, withheld: bytes, send: Send) -> None:
        self._started = True
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if withheld:
            await send({"type": "http.response.body", "body": withheld, "more_body": True})

    async def _fail(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        """A status of its own, or the last words of a stream that has begun."""
        record_of(scope).failed(error, status_of(error))
        if self._started:
            await send({"type": "http.response.body", "body": self._last_words(error), "more_body": False})
        else:
            await error_response(error)(scope, receive, send)

    async def _begin(self, made: "asyncio.Queue[Made]") -> tuple[bytes, Made]:
        """Tentative frames, joined, and the item after them, which decides the status."""
        withheld = b""
        deadline = None if self._first is None else time.monotonic() + self._first
        while True:
            item = await _next(made, None if deadline is None else deadline - time.monotonic())
            if not isinstance(item, Tentative):
                return withheld, item
            withheld += item

    async def _make(self, made: "asyncio.Queue[Made]") -> None:
        try:
            async for one in self._frames:
                await made.put(one)
        except Exception as error:  # every failure of the maker must reach the client as a frame or a status
            if status_of(error) == 500:
                log.exception("a stream failed")
            await made.put(error)
        else:
            await made.put(None)
        finally:
            await self._frames.aclose()


async def _next(made: "asyncio.Queue[Made]", silence: float | None) -> Made:
    """What was made next, or a keep-alive after so much silence."""
    try:
        async with asyncio.timeout(silence):
            return await made.get()
    except TimeoutError:
        return KEEP_ALIVE
