"""What stands before Gradio: only what the page needs passes, bounded; nothing of the page is from elsewhere.

Gradio serves much more than one page wants: uploads, a proxy, files of this machine, a way to edit the
page. Of all that nothing is reached. Pure ASGI, since streams pass through here.
"""

import asyncio
import re
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READ = re.compile(
    r"/(|config|theme\.css|(assets|static|svelte)/[\w./~@+-]+"
    r"|gradio_api/(heartbeat/\w+|queue/data|startup-events|info))"
)
_WRITTEN = re.compile(r"/gradio_api/(queue/join|component_server|cancel|reset)/?")
_KEPT = re.compile(r"/gradio_api/heartbeat/(\w+)")
_LOOK_SECONDS = 0.25
_MOST_BYTES = 1_000_000
"""Of a request: a question has 20,000 characters, what a conversation needs stays on this side."""

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""Gradio's own scripts need `unsafe-inline` and `unsafe-eval`; nobody else's is ever loaded."""

_ELSEWHERE = re.compile(
    rb'\s*<meta\s+(?:property|name)="(?:og|twitter):[^>]*>|\s*<link rel="manifest"[^>]*>', re.IGNORECASE
)
"""What Gradio's page says to link previews, about itself and not about us."""


class Door:
    """ASGI before ASGI. `head` is put into the page's head.

    `over` says of a session whether the connection that merely keeps its page alive should end, so that the
    server can.
    """

    def __init__(self, app: ASGIApp, head: str, over: Callable[[str], bool]) -> None:
        self._app = app
        self._head = head.encode()
        self._over = over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        if path == "/alive":
            await Response(status_code=204)(scope, receive, _guarded(send))
        elif not _passes(scope, path):
            await PlainTextResponse("There is nothing here.", 404)(scope, receive, _guarded(send))
        elif path == "/":
            await self._page(scope, receive, send)
        elif kept := _KEPT.fullmatch(path):
            await self._app(_noticing(scope), self._until_over(receive, kept[1]), _guarded(send))
        else:
            await self._app(_noticing(scope), receive, _guarded(send))

    def _until_over(self, receive: Receive, session: str) -> Receive:
        """`receive`, which says that the client has gone when the connection should end."""

        async def receive_until_over() -> Message:
            waiting = asyncio.ensure_future(receive())
            try:
                while not waiting.done() and not self._over(session):
                    await asyncio.wait([waiting], timeout=_LOOK_SECONDS)
                return waiting.result() if waiting.done() else {"type": "http.disconnect"}
            finally:
                waiting.cancel()

        return receive_until_over

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The page itself, read whole and cleaned."""
        plain = {**scope, "headers": [one for one in scope["headers"] if one[0] != b"accept-encoding"]}
        started: list[Message] = []
        body = bytearray()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(plain, receive, keep)
        cleaned = _ELSEWHERE.sub(b"", bytes(body)).replace(b"</head>", self._head + b"</head>", 1)
        shown = Response(cleaned, started[0]["status"], media_type="text/html")
        await shown(scope, receive, _guarded(send))


def _passes(scope: Scope, path: str) -> bool:
    if scope["method"] in {"GET", "HEAD"}:
        return bool(_READ.fullmatch(path)) and ".." not in path
    headers = dict(scope["headers"])
    json = headers.get(b"content-type", b"").startswith(b"application/json")
    size = headers.get(b"content-length", b"")  # a browser always tells; who does not is none
    bounded = size.isdigit() and int(size) <= _MOST_BYTES
    return scope["method"] == "POST" and json and bounded and bool(_WRITTEN.fullmatch(path))


def _noticing(scope: Scope) -> Scope:
    """The scope, in the version of ASGI in which streams ask whether their client is still there.

    By a newer one they would only find out when they write, and a voice that thinks writes nothing.
    """
    return {**scope, "asgi": {**scope["asgi"], "spec_version": "2.3"}}


def _guarded(send: Send) -> Send:
    """`send`, with the headers that keep the page to itself."""

    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = _POLICY
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
        await send(message)

    return send_guarded
