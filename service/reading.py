"""A request's body: bytes -> what they say, or an error that names what is wrong with them.

Whatever comes is answered with 4xx: JSON has no NaN and no lone surrogates, and what is nested deeper than
200 levels or has numbers of thousands of digits would break a reader behind us.
"""

import asyncio
import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect, Request

from service.disconnect import ClientGone
from service.errors import InvalidRequest, invalid
from service.wire import CHAT_REQUEST, STEERED_CHAT_REQUEST, ChatRequest

_CHARSET = re.compile(r'charset\s*=\s*"?([^\s";]*)')
_SEARCHED_BYTES = 1_000_000
_MARKS = {b"\xef\xbb\xbf": "a UTF-8 byte order mark", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


async def read_body(request: Request) -> bytes:
    """The request's bytes, as many as the operator allows.

    Raises:
        InvalidRequest: 413, there are more of them; 408, they come too slowly; 415, they are not plain JSON.
        ClientGone: the client left before it had sent them.
    """
    settings = request.app.state.settings
    _check_form(request)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > settings.max_body_bytes:
        raise _too_large(settings.max_body_bytes)
    try:
        async with asyncio.timeout(settings.body_seconds):
            return await _collect(request, settings.max_body_bytes)
    except TimeoutError as error:
        message = (
            f"The body did not come within {settings.body_seconds:g} s. Check the connection and that "
            "Content-Length is its length, or raise POLYLECT_BODY_SECONDS."
        )
        raise InvalidRequest(message, code="body_timeout", status=408) from error
    except ClientDisconnect as error:
        raise ClientGone from error


def read_chat_request(body: bytes) -> ChatRequest:
    """The body as a chat request; one that is steered is held to OpenAI's rules in full.

    Raises:
        InvalidRequest: it is not JSON, or a field of it is missing or of the wrong type.
    """
    try:
        wire = CHAT_REQUEST.validate_json(body)
        if wire.is_steered:
            STEERED_CHAT_REQUEST.validate_json(body)
    except ValidationError as error:
        raise _not_json(body) or invalid(error) from error
    if _has_wild_number(_loose(wire)):
        raise _wild(body)
    return wire


def check_numbers(body: bytes) -> None:
    """For bodies other than a chat request's, whose shape is known to be right.

    Raises:
        InvalidRequest: a number in it is none that JSON can hold.
    """
    if _has_wild_number([from_json(body)]):
        raise _wild(body)


async def _collect(request: Request, most: int) -> bytes:
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > most:
            raise _too_large(most)
    return bytes(content)


def _too_large(most: int) -> InvalidRequest:
    message = f"The body is larger than {most:,} bytes. Send less, or raise POLYLECT_MAX_BODY_BYTES."
    return InvalidRequest(message, code="body_too_large", status=413)


def _check_form(request: Request) -> None:
    """Before a byte is read: only JSON in UTF-8, uncompressed. No content type at all passes for it.

    Raises:
        InvalidRequest: 415.
    """
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"", "identity"}:
        message = f"Content-Encoding {coding[:60]!r} is not decoded here. Send the body uncompressed."
        raise InvalidRequest(message, param="content-encoding", code="unsupported_encoding", status=415)
    given = request.headers.get("content-type", "").lower()
    kind = given.partition(";")[0].strip()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        message = f"Content-Type {given[:60]!r} is not JSON. Send 'Content-Type: application/json'."
        raise InvalidRequest(message, param="content-type", code="unsupported_media_type", status=415)
    charset = _CHARSET.search(given)
    if charset and charset[1] not in {"utf-8", "utf8", "us-ascii"}:
        message = f"Content-Type {given[:60]!r}: JSON is UTF-8. Send it so, and leave 'charset' out."
        raise InvalidRequest(message, param="content-type", code="unsupported_media_type", status=415)


def _not_json(body: bytes) -> InvalidRequest | None:
    """What is wrong with a body that fails before its first brace, in words that help more than a column."""
    if not body.strip():
        return InvalidRequest("The body is empty. Send a JSON object.", code="invalid_json")
    for mark, name in _MARKS.items():
        if body.startswith(mark):
            message = f"The body is not JSON: it begins with {name}. Send UTF-8 without a byte order mark."
            return InvalidRequest(message, code="invalid_json")
    return None


def _wild(body: bytes) -> InvalidRequest:
    """The error for a number that JSON cannot hold, with its place unless the search would take long."""
    short = len(body) <= _SEARCHED_BYTES
    param = ".".join(next(_wild_numbers(from_json(body), ())))[:120] if short else None
    wrong = "JSON has no NaN, no Infinity and no number beyond 1.8e308. Send a finite one."
    return InvalidRequest(f"{param or 'The body'}: {wrong}", param=param, code="invalid_json")


def _loose(wire: ChatRequest) -> list[Any]:
    """Where any value may be; fields of our own refuse NaN and the infinities already."""
    loose: list[Any] = [wire.model_extra, wire.stream_options and wire.stream_options.model_extra]
    for message in wire.messages:
        loose.append(message.model_extra)
        if not isinstance(message.content, str):
            loose.append(message.content)
    return loose


def _has_wild_number(loose: list[Any]) -> bool:
    """Whether NaN or an infinity is anywhere below."""
    while loose:  # by exact type and without a generator: this runs over millions of values, too
        value = loose.pop()
        for one in value.values() if isinstance(value, dict) else value or ():
            kind = type(one)
            if kind is float:
                if not isfinite(one):
                    return True
            elif (kind is dict or kind is list) and one:
                loose.append(one)
    return False


def _wild_numbers(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The way to every NaN and infinity below `value`. The parser bounds the depth at 200."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        if isinstance(one, float) and not isfinite(one):
            yield (*path, str(key))
        elif one and isinstance(one, dict | list):
            yield from _wild_numbers(one, (*path, str(key)))
