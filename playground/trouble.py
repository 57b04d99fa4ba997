"""What went wrong, as a person would want it told: what happened, what to do, nothing of the machinery."""

from dataclasses import dataclass

from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AuthenticationError,
    OpenAIError,
    PermissionDeniedError,
)
from polylect import NotPolylect

_LATER = (
    "Your question was fine: ask it again in a moment. If it stays like this, tell whoever runs this service."
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`title` says what happened, `advice` what to do, `small` helps whoever looks into it."""

    title: str
    advice: str
    small: str = ""


UNEXPECTED = Trouble("Something went wrong in this page.", "Ask again. If it happens again, reload the page.")
GONE = Trouble(
    "Polylect does not answer.",
    "The service has stopped, or the connection to it is gone. Start it, or wait, and ask again.",
)
KEY_NEEDED = Trouble("This service asks for a key.", "Put your API key into the field below, and ask again.")
_KEY_WRONG = Trouble(
    "This key is not known here.",
    "Look whether it was copied whole. Otherwise ask whoever runs this service for a new one.",
)
STOPPING = Trouble("Polylect is being stopped.", "Ask again when it is back.")
_SLOW_DOWN = Trouble("That was too much at once.", "Wait a moment, and ask again.")

_BY_CODE = {
    "backbone_unavailable": Trouble("The model behind Polylect cannot be reached.", _LATER),
    "backbone_timeout": Trouble("The model behind Polylect took too long.", _LATER),
    "backbone_error": Trouble("The model behind Polylect failed.", _LATER),
    "nobody_spoke": Trouble("None of the voices said anything.", _LATER),
    "too_few_voices": Trouble("Too few voices spoke for an answer.", _LATER),
    "service_stopping": STOPPING,
    "limits_unavailable": Trouble("Polylect cannot count what keys may use just now.", _LATER),
    "rate_limit_exceeded": _SLOW_DOWN,
    "too_many_concurrent_requests": _SLOW_DOWN,
    "too_many_fan_outs": Trouble("Many people ask at once just now.", "Wait a moment, and ask again."),
    "insufficient_quota": Trouble(
        "This key has used up its tokens of this month.", "Ask whoever runs this service for more."
    ),
    "invalid_api_key": _KEY_WRONG,
    "insufficient_permissions": _KEY_WRONG,
    "model_not_found": Trouble(
        "This mode or model is not to be had here.", "Choose another one below: a key may allow only some."
    ),
    "context_length_exceeded": Trouble("This conversation has become too long.", "Begin a new one, above."),
    "unknown_culture": Trouble("One of the cultures is not known.", ""),
    "unsupported_option": Trouble("These choices do not go together.", ""),
}
"""By the service's error codes, which are stable. Without advice of our own its message is shown."""


def explain(error: Exception, *, key: str = "") -> Trouble | None:
    """The trouble that an error of the SDK is; None for one that is a mistake of ours.

    `key` is what the visitor gave: who gave none is asked for one.
    """
    match error:
        case NotPolylect():
            return Trouble("No Polylect answers at this address.", "Tell whoever runs this page.")
        case APIConnectionError():
            return GONE
        case AuthenticationError() | PermissionDeniedError():
            return _KEY_WRONG if key else KEY_NEEDED
        case APIError():
            return _told(error)
        case OpenAIError():
            return Trouble("This could not be asked.", str(error))
    return None


def _told(error: APIError) -> Trouble:
    known = _BY_CODE.get(error.code or "")
    status = error.status_code if isinstance(error, APIStatusError) else 0
    said = _message(error)
    if known is None and status == 429:
        known = _SLOW_DOWN
    if known is None and 400 <= status < 500:
        known = Trouble("Polylect refuses to ask this.", "")
    if known is None:
        known = _BY_CODE["backbone_error"]
    advice = _wait(error) or known.advice or said
    small = " · ".join(
        filter(None, (error.code, error.request_id if isinstance(error, APIStatusError) else ""))
    )
    return Trouble(known.title, advice, small)


def _wait(error: APIError) -> str:
    """How long to wait, where the service says so."""
    if not isinstance(error, APIStatusError):
        return ""
    seconds = error.response.headers.get("retry-after", "")
    if not seconds.isdecimal() or error.response.headers.get("x-should-retry") == "false":
        return ""
    told = "1 second" if int(seconds) == 1 else f"{int(seconds)} seconds"
    return f"Ask again in {told}."


def _message(error: APIError) -> str:
    """The service's own sentence; the client puts the status and the whole body around it."""
    body = error.body
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return str(body["message"])
    return error.message
