"""What a stream says of its own usage, read from its tail, without parsing the stream."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from agents import Usage
from service.upstream.chunk import read_usage

_TAIL_BYTES = 8_192
_FINISH_REASON = re.compile(rb'"finish_reason"\s*:\s*"([a-z_]{1,32})"')


class UsageTail:
    """Sees a stream go by and remembers its end; `prompt_tokens` is the estimate if it says nothing."""

    def __init__(self, prompt_tokens: int) -> None:
        self._prompt_tokens = prompt_tokens
        self._tail = b""
        self._frames = 0

    def see(self, piece: bytes) -> None:
        """Some whole frames have gone by."""
        self._frames += piece.count(b"data:")
        self._tail = (self._tail + piece)[-_TAIL_BYTES:]

    def usage(self) -> Usage:
        """What the last usage object says; else an estimate: a frame is about a token."""
        at = self._tail.rfind(b'"usage"')
        while at >= 0:
            if found := read_usage(_object_after(self._tail[at + len(b'"usage"') :])):
                return found
            at = self._tail.rfind(b'"usage"', 0, at)
        return Usage(self._prompt_tokens, max(self._frames - 2, 0), estimated=True)

    def finish_reasons(self) -> tuple[str, ...]:
        """Why its choices ended, as far as the tail says."""
        return tuple(found.decode() for found in _FINISH_REASON.findall(self._tail))


def _object_after(text: bytes) -> Any:
    rest = text.lstrip(b" \t").removeprefix(b":").lstrip(b" \t")
    try:
        return json.JSONDecoder().raw_decode(rest.decode("utf-8", "replace"))[0]
    except ValueError:
        return None


def read_finish_reasons(answer: dict[str, Any]) -> tuple[str, ...]:
    """Why the choices of a whole answer ended."""
    choices = answer.get("choices")
    found = [one.get("finish_reason") for one in choices or () if isinstance(one, dict)]
    return tuple(one for one in found if isinstance(one, str))


def asks_for_usage(body: bytes) -> bytes | None:
    """The same streaming request, asking for usage; None where it streams nothing or asks already."""
    content = json.loads(body)
    options = content.get("stream_options")
    options = options if isinstance(options, dict) else {}
    if not content.get("stream") or options.get("include_usage"):
        return None
    content["stream_options"] = {**options, "include_usage": True}
    return json.dumps(content, ensure_ascii=False).encode()


async def without_usage_chunk(frames: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same stream without the chunk that we asked for and the client did not."""
    async with aclosing(frames):
        async for piece in frames:
            if b'"usage"' not in piece:
                yield piece
            elif kept := b"".join(one for one in _split(piece) if not _is_usage_chunk(one)):
                yield kept


def _split(piece: bytes) -> list[bytes]:
    mark = b"\r\n\r\n" if b"\r\n\r\n" in piece else b"\n\n"
    *whole, rest = piece.split(mark)
    return [one + mark for one in whole] + ([rest] if rest else [])


def _is_usage_chunk(frame: bytes) -> bool:
    data = frame.strip().removeprefix(b"data:")
    try:
        found = json.loads(data)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("choices") == [] and bool(found.get("usage"))
