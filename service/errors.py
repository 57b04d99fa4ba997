"""One table: exception -> status, type, code; and OpenAI's error envelope."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from agents import (
    BackboneError,
    BackboneRejected,
    BackboneTimeout,
    BackboneUnavailable,
    BadQuestion,
    TooFewVoices,
)
from service.disconnect import ServiceStopping
from service.telemetry.record import record_of

_LONGEST_PARAM = 120


class InvalidRequest(Exception):
    """The request cannot be read: 400, or another 4xx where HTTP has a better word.

    `kind` is OpenAI's `type` where it is not the status's own; `headers` go with the answer.
    """

    kind: str | None = None
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self, message: str, *, param: str | None = None, code: str | None = None, status: int = 400
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status


class ModelNotFound(InvalidRequest):
    """No mode and no backbone has this id."""

    def __init__(self, model: str, known: list[str]) -> None:
        listed = ", ".join(known)
        message = f"The model {model!r} does not exist. GET /v1/models lists: {listed}."
        super().__init__(message, param="model", code="model_not_found", status=404)


class TooManyAtOnce(InvalidRequest):
    """Too much of the same is under way: 429, worth another attempt a second later."""

    retry_after = "1"

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message, code=code, status=429)


class InvalidKey(InvalidRequest):
    """No API key came with the request, or one that nobody has: 401."""

    headers: Mapping[str, str] = MappingProxyType({"WWW-Authenticate": "Bearer"})

    def __init__(self, message: str) -> None:
        super().__init__(message, code="invalid_api_key", status=401)


class RateLimited(InvalidRequest):
    """A key has used up what it may: 429. `kind` is what was too much, as OpenAI says it."""

    def __init__(self, message: str, *, kind: str, code: str, headers: Mapping[str, str]) -> None:
        super().__init__(message, code=code, status=429)
        self.kind = kind
        self.headers = headers


class LimitsUnavailable(Exception):
    """Redis, which counts what keys use, does not answer: 503, since nobody is served uncounted."""

    code = "limits_unavailable"
    message = "The service cannot count what keys use at the moment, and serves nobody uncounted. Try again."


TABLE: tuple[tuple[type[Exception], int, str], ...] = (
    (BadQuestion, 400, "invalid_request_error"),
    (BackboneTimeout, 504, "upstream_error"),
    (BackboneUnavailable, 503, "upstream_error"),
    (BackboneError, 502, "upstream_error"),
    (TooFewVoices, 502, "upstream_error"),
    (ServiceStopping, 503, "server_error"),
    (LimitsUnavailable, 503, "server_error"),
)
"""From the special to the general; what is not here is ours: 500."""

PASSED_ON = frozenset({400, 413, 422, 429})
"""A backbone's refusals that the asker can mend. Others (401, 403, 404) are the operator's to mend: 502."""


UNREAD = frozenset({408, 413, 415, 431})
"""Said before the request has been read to its end: no further one can follow on its connection."""


def status_of(error: Exception) -> int:
    """The HTTP status that stands for this exception."""
    if isinstance(error, InvalidRequest):
        return error.status
    if isinstance(error, BackboneRejected) and error.status in PASSED_ON:
        return error.status
    return next((status for kind, status, _ in TABLE if isinstance(error, kind)), 500)


def envelope(error: Exception) -> dict[str, Any]:
    """OpenAI's error object: always message, type, param and code."""
    if isinstance(error, InvalidRequest):
        kind = error.kind or ("rate_limit_error" if error.status == 429 else "invalid_request_error")
        return _envelope(error.message, kind, error.param, error.code)
    found = next((kind for error_type, _, kind in TABLE if isinstance(error, error_type)), None)
    if found is None:
        return _envelope("The service failed; its log says why under this request id.", "server_error", None)
    if isinstance(error, BackboneRejected) and error.status in PASSED_ON:
        found = "rate_limit_error" if error.status == 429 else "invalid_request_error"
    message = getattr(error, "message", str(error))
    return _envelope(message, found, getattr(error, "param", None), getattr(error, "code", None))


def error_response(error: Exception) -> JSONResponse:
    """The whole answer. A failure of an expensive fan-out asks the client not to repeat it by itself."""
    headers = dict(error.headers) if isinstance(error, InvalidRequest) else {}
    if retry_after := getattr(error, "retry_after", None):
        headers["Retry-After"] = str(retry_after)
    if status_of(error) >= 500:
        headers["x-should-retry"] = "false"
    if status_of(error) in UNREAD:
        headers["Connection"] = "close"
    return JSONResponse(envelope(error), status_of(error), headers)


def invalid(error: ValidationError) -> InvalidRequest:
    """What pydantic found first, as one sentence that names the field, the value and what it should be."""
    problems = error.errors(include_url=False, include_context=False)
    if problems[0]["type"] == "json_invalid":
        return InvalidRequest(f"The body is not JSON: {problems[0]['msg']}.", code="invalid_json")
    problems = _same_place(problems)
    param = _param(problems[0]["loc"])
    wanted = " or ".join(dict.fromkeys(problem["msg"] for problem in problems)).replace(
        " or Input should", " or"
    )
    got = "" if problems[0]["type"] == "missing" else f" (got {_shortly(problems[0]['input'])})"
    return InvalidRequest(f"{param or 'The body'}: {wanted}{got}.", param=param, code="invalid_value")


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """Exception handler for everything in the table."""
    record_of(request.scope).failed(error, status_of(error))
    return error_response(error)


async def answer_http_exception(request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own 404 and 405, in the envelope."""
    error = cast(HTTPException, error)
    what = f"{request.method} {request.scope['path'][:200]}"
    code = {404: "unknown_url", 405: "method_not_allowed"}.get(error.status_code)
    message = {
        404: f"Unknown request URL: {what}. See docs/api.md for what there is.",
        405: f"Not allowed: {what}.",
    }.get(error.status_code, str(error.detail))
    body = _envelope(message, "invalid_request_error", None, code)
    return JSONResponse(body, error.status_code, error.headers)


async def answer_request_validation(request: Request, error: Exception) -> JSONResponse:
    """FastAPI's 422 becomes OpenAI's 400."""
    problem = cast(RequestValidationError, error).errors()[0]
    param = ".".join(str(step) for step in problem["loc"][1:]) or None
    return error_response(InvalidRequest(f"{param}: {problem['msg']}.", param=param, code="invalid_value"))


def _envelope(message: str, kind: str, param: str | None, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _same_place(problems: list[Any]) -> list[Any]:
    """The first problem and those of the same value, as the other members of a union see it.

    Of a union the member is meant that got furthest into the value.
    """
    first = _path(problems[0]["loc"])
    related = [one for one in problems if _path(one["loc"])[: len(first)] == first]
    deepest = max((_path(one["loc"]) for one in related), key=len)
    return [one for one in related if _path(one["loc"]) == deepest]


def _path(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Without the members of unions, which pydantic names too; the asker never wrote them."""
    return tuple(step for step in loc if not _is_type_name(step))


def _param(loc: tuple[int | str, ...]) -> str | None:
    """A place in the body, such as `messages.0.role`."""
    name = ".".join(str(step) for step in _path(loc))
    return (name if len(name) <= _LONGEST_PARAM else f"{name[:_LONGEST_PARAM]}…") or None


def _is_type_name(step: Any) -> bool:
    return isinstance(step, str) and (step == "str" or step.startswith(("list[", "dict[")))


def _shortly(value: Any) -> str:
    """A value in JSON's words, short however long it is."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "an array"
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    text = repr(value[:60] if isinstance(value, str) else value)
    return text if len(text) <= 60 else f"{text[:57]}…"
