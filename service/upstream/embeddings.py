"""Texts as vectors by an OpenAI-compatible `/v1/embeddings`: an agents' Embedder, for knowledge maps alone.

It is asked while a question is planned, in a thread of its own; the answer must come soon, or the plan goes
on without it (`agents/knowledge/routes.py`).
"""

import time
from collections.abc import Sequence
from functools import lru_cache

import httpx
import numpy as np
from numpy.typing import NDArray

from agents import BackboneError, BackboneRejected, BackboneTimeout, BackboneUnavailable
from service.settings import EmbedderParams

KEPT = 256  # vectors that are kept: retries of clients bring the same text again
CHARACTERS = 8_000  # of a text that are sent, its beginning
TOGETHER = 64  # texts in one call
SECONDS = 5.0
REST = (
    30.0  # seconds for which one that did not answer is not asked again: every voice of a council would wait
)


class EmbeddingsEndpoint:
    """One model behind one address. Thread-safe. `transport`: httpx's own, where it is not the network."""

    def __init__(self, params: EmbedderParams, *, transport: httpx.BaseTransport | None = None) -> None:
        self.name = params.model
        headers = {"Authorization": f"Bearer {params.api_key.get_secret_value()}"} if params.api_key else {}
        self._url = f"{params.api_base}/embeddings"
        self._client = httpx.Client(timeout=SECONDS, headers=headers, trust_env=False, transport=transport)
        self._known = lru_cache(KEPT)(self._one)
        self._rests_until = 0.0

    def embed(self, text: str) -> NDArray[np.float32]:
        """The vector of `text`, of unit length. Not to be changed: the last ones are kept.

        Raises:
            BackboneError: the endpoint could not be asked, refused, or answered with something else.
        """
        return self._known(text[:CHARACTERS])

    def embed_all(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text, asked for by `TOGETHER`.

        Raises:
            BackboneError: see `embed`.
        """
        parts = [texts[at : at + TOGETHER] for at in range(0, len(texts), TOGETHER)]
        return np.concatenate([self._ask([one[:CHARACTERS] for one in part]) for part in parts])

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def _one(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._ask([text])[0]
        return vector

    def _ask(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if time.monotonic() < self._rests_until:
            raise BackboneUnavailable("the embedder did not answer a moment ago")
        try:
            answer = self._post(texts)
        except (BackboneTimeout, BackboneUnavailable):
            self._rests_until = time.monotonic() + REST
            raise
        return _vectors(answer, len(texts))

    def _post(self, texts: Sequence[str]) -> httpx.Response:
        try:
            answer = self._client.post(self._url, json={"model": self.name, "input": list(texts)})
        except httpx.TimeoutException as error:
            raise BackboneTimeout(f"the embedder did not answer within {SECONDS:g} s") from error
        except httpx.HTTPError as error:
            raise BackboneUnavailable("the embedder cannot be reached") from error
        if 400 <= answer.status_code < 500:
            raise BackboneRejected(
                f"the embedder refused with status {answer.status_code}", status=answer.status_code
            )
        if answer.status_code != 200:
            raise BackboneUnavailable(f"the embedder answered with status {answer.status_code}")
        return answer


def _vectors(answer: httpx.Response, expected: int) -> NDArray[np.float32]:
    try:
        data = sorted(answer.json()["data"], key=lambda one: int(one["index"]))
        rows = np.asarray([one["embedding"] for one in data], dtype=np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    except (ValueError, KeyError, TypeError) as error:
        raise BackboneError("the embedder's answer holds no vectors") from error
    if rows.ndim != 2 or len(rows) != expected or not np.isfinite(rows).all() or not lengths.all():
        raise BackboneError(f"the embedder's answer does not hold {expected} vectors")
    unit: NDArray[np.float32] = rows / lengths
    return unit
