"""One table: exception -> status, type, code; and OpenAI's error envelope."""

from collections.abc import Mapping
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


class InvalidRequest(Exception):
    """The request cannot be read: 400, or another 4xx where HTTP has a better word."""

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


TABLE: tuple[tuple[type[Exception], int, str], ...] = (
    (BadQuestion, 400, "invalid_request_error"),
    (BackboneTimeout, 504, "upstream_error"),
    (BackboneUnavailable, 503, "upstream_error"),
    (BackboneError, 502, "upstream_error"),
    (TooFewVoices, 502, "upstream_error"),
)
"""From the special to the general; what is not here is ours: 500."""

PASSED_ON = frozenset({400, 413, 422, 429})
"""A backbone's refusals that the asker can mend. Others (401, 403, 404) are the operator's to mend: 502."""


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
        return _envelope(error.message, "invalid_request_error", error.param, error.code)
    kind = next((kind for error_type, _, kind in TABLE if isinstance(error, error_type)), None)
    if kind is None:
        return _envelope("The service failed; its log says why under this request id.", "server_error", None)
    if isinstance(error, BackboneRejected) and error.status in PASSED_ON:
        kind = "rate_limit_error" if error.status == 429 else "invalid_request_error"
    message = getattr(error, "message", str(error))
    return _envelope(message, kind, getattr(error, "param", None), getattr(error, "code", None))


def error_response(error: Exception) -> JSONResponse:
    """The whole answer. A failure of an expensive fan-out asks the client not to repeat it by itself."""
    headers = {}
    if retry_after := getattr(error, "retry_after", None):
        headers["Retry-After"] = str(retry_after)
    if status_of(error) >= 500:
        headers["x-should-retry"] = "false"
    return JSONResponse(envelope(error), status_of(error), headers)


def invalid(error: ValidationError) -> InvalidRequest:
    """What pydantic found, as one sentence that names the field, the value and what it should be."""
    problem = error.errors(include_url=False)[0]
    if problem["type"] == "json_invalid":
        return InvalidRequest(f"The body is not JSON: {problem['msg']}.", code="invalid_json")
    path = [step for step in problem["loc"] if not _is_type_name(step)]
    param = ".".join(str(step) for step in path) or None
    got = "" if problem["type"] == "missing" else f" (got {_shortly(problem['input'])})"
    return InvalidRequest(f"{param or 'The body'}: {problem['msg']}{got}.", param=param, code="invalid_value")


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """Exception handler for everything in the table."""
    return error_response(error)


async def answer_http_exception(request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own 404 and 405, in the envelope."""
    error = cast(HTTPException, error)
    what = f"{request.method} {request.url.path}"
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


def _is_type_name(step: Any) -> bool:
    """In its path pydantic names the member of a union; the asker never wrote it."""
    return isinstance(step, str) and (step == "str" or step.startswith(("list[", "dict[")))


def _shortly(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
