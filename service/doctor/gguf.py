"""As much of a GGUF file's head as tells how much memory a token takes.

Keys and values of its own come first, then the tokenizer's, which are long and not read.
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from pathlib import Path
from typing import Any, BinaryIO

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9
_LONGEST = 100_000
_BYTES = 2  # of a number in the cache: llama.cpp's default, 16 bits


def bytes_of_a_token(model: Path) -> int | None:
    """What one token takes in the cache of keys and values; None where the file does not tell.

    Models with a sliding window take less.
    """
    try:
        with model.open("rb") as file:
            told = _metadata(file)
        of = told["general.architecture"]
        layers, heads = told[f"{of}.block_count"], told[f"{of}.attention.head_count"]
        heads = max(heads) if isinstance(heads, list) else heads
        kept = told.get(f"{of}.attention.head_count_kv", heads)
        kept = sum(kept) if isinstance(kept, list) else kept * layers
        each = told[f"{of}.embedding_length"] // heads
        keys = told.get(f"{of}.attention.key_length", each)
        values = told.get(f"{of}.attention.value_length", each)
        return int(kept * (keys + values) * _BYTES)
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError, struct.error):
        return None


def _metadata(file: BinaryIO) -> dict[str, Any]:
    magic, _, _, pairs = _unpack(file, "4sIQQ")
    if magic != b"GGUF":
        raise ValueError("no GGUF file")
    told: dict[str, Any] = {}
    for _ in range(pairs):
        key = _text(file)
        if key.startswith("tokenizer."):
            break
        told[key] = _value(file, _unpack(file, "I")[0])
    return told


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _TEXT:
        return _text(file)
    if kind == _LIST:
        kind, size = _unpack(file, "IQ")
        return [_value(file, kind) for _ in range(_bounded(size))]
    return _unpack(file, _NUMBERS[kind])[0]


def _text(file: BinaryIO) -> str:
    return file.read(_bounded(_unpack(file, "Q")[0])).decode("utf-8", "replace")


def _bounded(size: int) -> int:
    if size > _LONGEST:
        raise ValueError("longer than anything that is told here")
    return size


def _unpack(file: BinaryIO, shape: str) -> tuple[Any, ...]:
    shape = f"<{shape}"
    return struct.unpack(shape, file.read(struct.calcsize(shape)))
