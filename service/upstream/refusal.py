"""How much of a backbone's own words about its failure the asker is told: those that the asker can act on.

All others are the operator's affair, and may name a key, an organisation or a machine: of them the status
alone is told. LiteLLM appends tracebacks.
"""

import json
import re
from typing import Any

from agents import BackboneError, BackboneRejected, BackboneUnavailable
from service.errors import PASSED_ON

_TRANSIENT = frozenset({502, 503, 504})
_LONGEST = 500
_TRACEBACK = re.compile(r"(\n|\\n)Traceback")
"""Within JSON, which LiteLLM may quote, too."""


def answered(status: int, words: str) -> str:
    """The message for an answer with this status and these words."""
    return f"the backbone answered {status}{_told(status, words)}"


def refusal(status: int, content: bytes, retry_after: str | None) -> BackboneError:
    """What an answer that is none means: transient ones are worth another attempt."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    message = answered(status, words_of(body) or content.decode("utf-8", "replace"))
    if status in _TRANSIENT:
        return BackboneUnavailable(message, status=status, retry_after=retry_after)
    if 400 <= status < 500:
        return BackboneRejected(message, status=status, retry_after=retry_after, body=body)
    return BackboneError(message, status=status, retry_after=retry_after)


def failed_midway(found: dict[str, Any]) -> str:
    """The message for an error in mid-stream: `found` is the frame that told it, which may hold a status."""
    error = found.get("error")
    status = error.get("code") if isinstance(error, dict) else None
    return f"the backbone failed in mid-stream{_told(status, words_of(found) or 'no reason given')}"


def words_of(body: Any) -> str | None:
    """The message in OpenAI's envelope, or in what backbones send in its place."""
    error = body.get("error", body) if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else None


def _told(status: Any, words: str) -> str:
    if not isinstance(status, int) or status not in PASSED_ON:
        return ""
    return f": {_TRACEBACK.split(words, maxsplit=1)[0][:_LONGEST]}"
