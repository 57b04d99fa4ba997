"""A keyless service on loopback answers programs, and not the web pages that the operator's browser shows.

A page may post bytes without a content type and without asking first (no preflight), and by DNS rebinding its
own name may come to mean 127.0.0.1: then it may read the answer, too. So names that somebody in the internet
can own are refused, as Host and as Origin. Pure ASGI, for the same reason as `telemetry`.
"""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from service.errors import InvalidRequest, error_response

_NOBODYS = (".localhost", ".internal")
"""Endings that no registry gives away."""

_CURE = "Ask 127.0.0.1 or localhost, or set keys_file (POLYLECT_KEYS_FILE)."


class LocalPages:
    """Refuses requests of foreign sites with 403, as long as the service has no keys.

    A Host may be any address and any name that nobody can register. An Origin may be the same, but no address
    of the internet; or it is a program's own, such as a browser extension's.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and scope["app"].state.keys is None and (header := _foreign(scope)):
            message = f"{header} names another site, and without API keys no web page is served. {_CURE}"
            refusal = InvalidRequest(message, param=header, code="foreign_site", status=403)
            await error_response(refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _foreign(scope: Scope) -> str | None:
    """The header that names somebody else's site."""
    for name, value in scope["headers"]:
        if name == b"host" and _registrable(_split(f"//{value.decode('latin-1')}")):
            return "host"
        if name == b"origin" and _is_page(value.decode("latin-1")):
            return "origin"
    return None


def _is_page(origin: str) -> bool:
    """Whether it is a site's. `null` is too: any page has it in a sandboxed frame."""
    url = _split(origin)
    if url.scheme not in {"http", "https"}:
        return origin.strip() == "null"
    return _registrable(url) or _of_the_internet(url.hostname or "")


def _registrable(url: SplitResult) -> bool:
    """Whether its host is a name that somebody can own: no address, some dot, and no reserved ending."""
    name = (url.hostname or "").rstrip(".")
    *before, last = name.split(".")
    # Browsers read whatever ends in a number as an address, and what they read as one needs no DNS.
    return bool(before) and ":" not in name and not last.isdecimal() and not name.endswith(_NOBODYS)


def _of_the_internet(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return False


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # no browser's: whoever writes it is told by others that it is malformed
        return SplitResult("", "", "", "", "")
