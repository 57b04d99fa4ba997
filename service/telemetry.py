"""Request ids, timing, and the last net under everything.

Pure ASGI: a BaseHTTPMiddleware would cost almost half of the throughput.
"""

import logging
import re
import time
import uuid

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import error_response

log = logging.getLogger("polylect")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,128}")


class RequestId:
    """Gives every answer `x-request-id` (the client's own, where it sent a decent one) and its duration."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        begun: list[bool] = []
        sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = sent if _ACCEPTABLE.fullmatch(sent) else f"req_{uuid.uuid4().hex}"
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(True)
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                headers["openai-processing-ms"] = str(round((time.perf_counter() - started) * 1000))
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        except Exception as error:
            log.exception("request %s failed", request_id)
            if begun:
                raise
            await error_response(error)(scope, receive, send_named)
