"""Request ids, timing, each request's record, and the last net under everything.

Pure ASGI: a BaseHTTPMiddleware would cost almost half of the throughput.
"""

import logging
import re
import time
import uuid
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import error_response
from service.telemetry.logs import told
from service.telemetry.metrics import UNWATCHED, Metrics
from service.telemetry.record import CANCELLED, CLIENT_GONE, UNMATCHED, RequestRecord

log = logging.getLogger("polylect")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,128}")


class RequestId:
    """Gives every answer `x-request-id` (the client's own, where it sent a decent one) and its duration.

    What becomes known of the request is kept in its `RequestRecord`; metrics and log are told at its end.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = sent if _ACCEPTABLE.fullmatch(sent) else f"req_{uuid.uuid4().hex}"
        exchange = _Exchange(RequestRecord(request_id, scope["method"]), receive, send)
        state = scope.setdefault("state", {})
        state |= {"request_id": request_id, "record": exchange.record}
        if scope["path"] in UNWATCHED:
            await self._answer(scope, exchange)
            return
        metrics: Metrics = scope["app"].state.metrics
        metrics.requests_running += 1
        try:
            await self._answer(scope, exchange)
        finally:
            metrics.requests_running -= 1
            _conclude(exchange, scope, state, metrics)

    async def _answer(self, scope: Scope, exchange: "_Exchange") -> None:
        record = exchange.record
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            record.disconnected = True
        except Exception as error:
            record.failed(error, 500)
            log.exception("request %s failed", record.request_id)
            if record.status is not None:
                raise
            await error_response(error)(scope, exchange.receive, exchange.send)


class _Exchange:
    """One request's messages on their way in and out, noted in its record."""

    def __init__(self, record: RequestRecord, receive: Receive, send: Send) -> None:
        self.record = record
        self.complete = False
        self._receive = receive
        self._send = send

    async def receive(self) -> Message:
        """The server's next message. A client that leaves after the end of its answer has not left early."""
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            self.record.received = time.perf_counter()
        elif message["type"] == "http.disconnect" and not self.complete:
            self.record.disconnected = True
        return message

    async def send(self, message: Message) -> None:
        """Hand this on, the first one with its id and duration."""
        record = self.record
        if message["type"] == "http.response.start":
            record.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = record.request_id
            headers["openai-processing-ms"] = str(round(record.seconds * 1000))
        elif not message.get("more_body"):
            self.complete = True
        await self._send(message)


def _conclude(exchange: _Exchange, scope: Scope, state: MutableMapping[str, Any], metrics: Metrics) -> None:
    """Tell everybody who watches what came of the request."""
    record = exchange.record
    if not (exchange.complete or record.disconnected or record.error):
        record.error = CANCELLED
    record.disconnected = record.disconnected or record.status == CLIENT_GONE
    record.endpoint = getattr(scope.get("route"), "path", None) or UNMATCHED
    record.key = getattr(getattr(state.get("admission"), "key", None), "id", None)
    record.ended = time.perf_counter()
    for end in record.at_end:
        end(record)
    metrics.request_ended(record)
    log.info("request", extra={"fields": told(record)})
