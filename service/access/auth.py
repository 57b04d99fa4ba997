"""The gate before everything that costs: who may pass, and how much at once.

Pure ASGI, for the same reason as `telemetry`.
"""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.admission import Unlimited
from service.access.keys import Key, Keys
from service.access.limits import KeyAdmission
from service.errors import InvalidKey, InvalidRequest, LimitsUnavailable, error_response

log = logging.getLogger("polylect")

GUARDED = ("/v1", "/metrics")
"""These paths, and what is below them."""

_DONE = (b"data: [DONE]\n\n", b"data: [DONE]\r\n\r\n")


class Gate:
    """Lets requests with a key pass, with a `KeyAdmission` at `scope["state"]["admission"]`.

    It reads `keys` and `rate_limits` of the application's state. Without keys everybody passes, `Unlimited`,
    and Authorization is not read.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["app"].state.keys is None:
            scope.setdefault("state", {})["admission"] = Unlimited()
            await self._app(scope, receive, send)
            return
        if not _guarded(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            key = identify(scope, scope["app"].state.keys)
            admission = KeyAdmission(key, scope["app"].state.rate_limits)
            await admission.enter()
        except (InvalidRequest, LimitsUnavailable) as refusal:
            await error_response(refusal)(scope, receive, send)
            return
        scope.setdefault("state", {})["admission"] = admission
        await self._serve(admission, scope, receive, send)

    async def _serve(self, admission: KeyAdmission, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_last(message: Message) -> None:
            # Before the answer's end and not after it: who has read an answer to its end may ask again at
            # once, and must find its slot free and its tokens counted.
            if _is_last(message):
                await admission.leave()
            await send(message)

        try:
            await self._app(scope, receive, send_last)
        finally:
            await admission.leave()


def identify(scope: Scope, keys: Keys) -> Key:
    """The key that a request came with.

    Raises:
        InvalidKey: it came with none, or with one that nobody has.
    """
    sent = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, secret = sent[0].decode("latin-1").partition(" ") if len(sent) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not secret.strip():
        raise InvalidKey("No API key came with the request. Send: Authorization: Bearer YOUR_KEY.")
    key = keys.find(secret.strip())
    if key is None:
        # The key is not repeated, not even in part: answers are logged in more places than keys are.
        raise InvalidKey("Incorrect API key. Ask the operator of this service for one.")
    return key


def _is_last(message: Message) -> bool:
    """Whether the client has read all that it waits for; of a stream that is `[DONE]`, and not its end."""
    if message["type"] != "http.response.body":
        return False
    return not message.get("more_body", False) or message.get("body", b"").endswith(_DONE)


def _guarded(path: str) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in GUARDED)
