"""How a request begins, read from its bytes: what all turns of one conversation share, and others do not."""

import hashlib
from typing import Any

from pydantic_core import from_json, to_json


def opening(body: bytes) -> bytes:
    """A word for it: a conversation's system prompt and first turn, of anything else all that it says.

    Fewer bytes would not do: whatever an app asks may begin with the same long system prompt.
    """
    return hashlib.blake2b(_first_turn(body) or body, digest_size=16).digest()


def _first_turn(body: bytes) -> bytes | None:
    """Of a chat or a response, through the asker's first words; None where nobody asks in turns."""
    try:
        asked = from_json(body)
    except ValueError:
        return None
    told = asked if isinstance(asked, dict) else {}
    begins: list[Any] = [told.get("instructions")]
    for turn in _turns(told):
        begins.append(turn)
        if isinstance(turn, dict) and turn.get("role") == "user":
            return to_json(begins)
    return None


def _turns(told: dict[str, Any]) -> list[Any]:
    lists = (told.get(name) for name in ("messages", "input"))
    return next((one for one in lists if isinstance(one, list)), [])
