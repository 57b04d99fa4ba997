"""HTTP with an end to every wait: uvicorn's protocol for clients that are slow, silent or never done.

uvicorn bounds the silence between two requests and nothing else. Here, too: how long headers may take (and a
connection that never asks anything), how large they may be, how long a client may leave our bytes unread. The
time of a body is bounded where it is read, in `reading.py`.

A connection that cannot go on, because the request on it was answered before its end, is closed gently: our
side first, while what still arrives is thrown away for a moment. Closed at once it would be reset, and the
client might lose the answer that says why.
"""

import asyncio
import uuid
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from service.errors import InvalidRequest, error_response
from service.settings import Settings

_MOST_FRAMING = 65_536
"""Bytes of headers (or of trailers, or of chunk sizes) in a row."""

_LINGER_SECONDS = 2.0
_LINGER_BYTES = 4_000_000


def impatient(settings: Settings) -> type[asyncio.Protocol]:
    """The protocol with these settings' patience, as `uvicorn.Config(http=…)` takes it."""

    class Patience(ImpatientProtocol):
        header_seconds = settings.header_seconds
        write_seconds = settings.write_seconds

    return Patience


class ImpatientProtocol(HttpToolsProtocol):
    """One connection. Seconds are wall time."""

    header_seconds = 10.0
    write_seconds = 60.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._headers_due: asyncio.TimerHandle | None = None
        self._write_due: asyncio.TimerHandle | None = None
        self._end: asyncio.TimerHandle | None = None
        self._between_requests = True
        self._begun = False
        self._framing = 0
        self._lingered: int | None = None
        self._raw: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there: its headers are due."""
        self._raw = cast(asyncio.Transport, transport)
        super().connection_made(cast(asyncio.Transport, _GentlyClosed(self._raw, self)))
        self._headers_due = self.loop.call_later(self.header_seconds, self._no_headers)

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whoever wanted it."""
        for timer in (self._headers_due, self._write_due, self._end):
            if timer is not None:
                timer.cancel()
        self._lingered = self._lingered or 0
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request; those after its early answer are thrown away."""
        if self._lingered is not None:
            self._discard(len(data))
            return
        self._framing += len(data)
        super().data_received(data)
        if self._lingered is not None:
            return
        if self._framing > _MOST_FRAMING:
            self._refuse(_headers_too_large())
        elif self._framing and self._between_requests and self._headers_due is None:
            self._headers_due = self.loop.call_later(self.header_seconds, self._no_headers)

    def on_message_begin(self) -> None:
        """The parser has read the first letter of a request."""
        self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The parser has read them all."""
        self._framing = sum(len(name) + len(value) + 4 for name, value in self.headers)
        if self._framing > _MOST_FRAMING:
            raise ValueError("too many headers")  # the parser turns it into an error of its own
        self._between_requests = False
        self._framing = 0
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """The parser has read a piece of the body."""
        self._framing = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The parser has read the whole request."""
        self._framing = 0
        self._between_requests = True
        self._begun = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer has been sent; if its request is still coming, no other can follow it."""
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self.transport.close()

    def pause_writing(self) -> None:
        """The client does not read: whoever writes waits, but not for ever."""
        super().pause_writing()
        if self._write_due is None:
            self._write_due = self.loop.call_later(self.write_seconds, self._raw.abort)

    def resume_writing(self) -> None:
        """It reads again."""
        super().resume_writing()
        if self._write_due is not None:
            self._write_due.cancel()
            self._write_due = None

    def send_400_response(self, msg: str) -> None:
        """An answer to what is no HTTP, in OpenAI's envelope."""
        if self._framing > _MOST_FRAMING:
            return self._refuse(_headers_too_large())
        message = f"{msg} Check the request line, the headers, and that there is one Content-Length."
        return self._refuse(InvalidRequest(message, code="invalid_http"))

    def close_gently(self) -> None:
        """Close our side now; the whole when the client has read everything, or has had its time."""
        if self._lingered is not None or self._raw.is_closing():
            return
        if self._framing or not self._between_requests:
            self._lingered = 0
            self.flow.resume_reading()
            if self._raw.can_write_eof():
                self._raw.write_eof()
            self._end = self.loop.call_later(_LINGER_SECONDS, self._raw.abort)
            return
        self._raw.close()
        self._end = self.loop.call_later(self.write_seconds, self._raw.abort)

    @property
    def is_closing(self) -> bool:
        """Whether nothing more may be written."""
        return self._lingered is not None or self._raw.is_closing()

    def _discard(self, size: int) -> None:
        self._lingered = (self._lingered or 0) + size
        if self._lingered > _LINGER_BYTES:
            self.flow.pause_reading()

    def _no_headers(self) -> None:
        self._headers_due = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._headers_due = self.loop.call_later(self.header_seconds, self._no_headers)
        elif self._begun:
            message = f"The headers did not come within {self.header_seconds:g} s. Check the connection."
            self._refuse(InvalidRequest(message, code="headers_timeout", status=408))
        else:
            self.transport.close()

    def _refuse(self, error: InvalidRequest) -> None:
        """Answer what cannot be read as a request at all, and end the connection."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self._raw.abort()
                return
        response = error_response(error)
        headers = [*response.raw_headers, (b"x-request-id", f"req_{uuid.uuid4().hex}".encode())]
        if error.status == 400:
            headers.append((b"connection", b"close"))
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        self.transport.write(b"".join([STATUS_LINE[error.status], *lines, b"\r\n", response.body]))
        self._framing += 1
        self.transport.close()


def _headers_too_large() -> InvalidRequest:
    message = f"The headers are larger than {_MOST_FRAMING:,} bytes. Send fewer or shorter ones."
    return InvalidRequest(message, code="headers_too_large", status=431)


class _GentlyClosed:
    """The transport as uvicorn sees it: to close it is the protocol's affair."""

    def __init__(self, transport: asyncio.Transport, protocol: ImpatientProtocol) -> None:
        self._transport = transport
        self._protocol = protocol
        self.write = transport.write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        self._protocol.close_gently()

    def is_closing(self) -> bool:
        return self._protocol.is_closing
