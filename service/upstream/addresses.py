"""Addresses in a conversation: LiteLLM fetches those of images and files from this machine, for any asker."""

import base64
from collections import deque
from typing import Any

from service.errors import InvalidRequest

_CITED = frozenset({"annotations", "citations", "tool_calls", "function_call"})
"""What an earlier answer pointed to or called: read by the model alone."""

_CONTENT = frozenset({"data", "file", "file_data", "file_id"})
"""Content itself, or an id. LiteLLM takes an address in their place, too."""


def first_address(messages: Any) -> tuple[str, ...] | None:
    """The way to the first image, sound or file in there that is an address instead of its content."""
    # Without recursion, and with a way only where it is asked for: this may run over millions of values.
    waiting: deque[Any] = deque([(messages, "", None)])
    while waiting:
        within = waiting.popleft()
        value = within[0]
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(one, str):
                if isinstance(key, str) and _is_address(key, one):
                    return (*_way(within), key)
            elif one and isinstance(one, dict | list | tuple) and key not in _CITED:
                waiting.append((one, key, within))
    return None


def not_fetched(param: str) -> InvalidRequest:
    """The refusal of the part at this place in the body."""
    cure = "Send its content as a URL that begins with data: and is encoded in base64."
    message = f"{param}: for this model no address is fetched. {cure}"
    return InvalidRequest(message, param=param, code="unsupported_option")


def _way(within: Any) -> tuple[str, ...]:
    way: list[str] = []
    while within[2]:
        way.append(str(within[1]))
        within = within[2]
    return tuple(reversed(way))


def _is_address(key: str, value: str) -> bool:
    if key.endswith(("url", "uri")):
        return not value.startswith("data:") or "://" in value
    return key in _CONTENT and ("://" in value or (key == "file_id" and _is_litellms(value)))


def _is_litellms(file_id: str) -> bool:
    """Whether LiteLLM would decode it to whatever it holds, an address for instance."""
    for prefix in ("file-", "batch_", ""):
        given = file_id.removeprefix(prefix)
        try:
            if base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).startswith(b"litellm"):
                return True
        except ValueError:
            continue
    return False
