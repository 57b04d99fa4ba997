"""Makes the graph that ONNX Runtime runs: `agents/knowledge/data/e5.onnx`, 25 KB.

    python -m training.graph

Layers of BERT; linear maps at seven bits or four, what goes into them at eight. It holds no weights: those
are named, and given when a session is made (`agents.knowledge.encoder`). Needs the extra `training`.
"""

from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper
from onnx.external_data_helper import set_external_data

from agents.knowledge.encoder import DEPTHS, GRAPH, LAST, weights
from agents.knowledge.wheel import BLOCK, Wheel

MS = "com.microsoft"
KINDS = {"float32": TensorProto.FLOAT, "int8": TensorProto.INT8, "uint8": TensorProto.UINT8}
EIGHT_BITS = 4  # what MatMulNBits calls them: how exactly inputs are taken, block by block


class Graph:
    """The layers, one after the other: (1, pieces, hidden) in, the same out after each of `DEPTHS`."""

    def __init__(self, wheel: Wheel) -> None:
        self._wheel = wheel
        self._nodes: list[NodeProto] = []
        self._given = weights(wheel)
        states = ["states"]
        for layer in range(wheel.depth):
            states.append(self._layer(f"l{layer}", states[-1]))
        self._out = [states[depth + 1] for depth in DEPTHS]

    def model(self) -> ModelProto:
        """The graph without weights."""
        shape = [1, "pieces", self._wheel.hidden]
        graph = helper.make_graph(
            self._nodes,
            "multilingual-e5-small",
            [helper.make_tensor_value_info("states", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(one, TensorProto.FLOAT, shape) for one in self._out],
            [_named(name, array) for name, array in self._given.items()],
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MS, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)

    def _layer(self, at: str, states: str) -> str:
        q, k, v = (self._linear(f"{at}.{name}", states) for name in "qkv")
        seen = self._node("MultiHeadAttention", [q, k, v], f"{at}.seen", num_heads=self._wheel.heads)
        joined = self._normed(f"{at}.aln", self._linear(f"{at}.ao", seen), states)
        inner = self._node("Gelu", [self._linear(f"{at}.fi", joined)], f"{at}.gelu")
        return self._normed(f"{at}.oln", self._last(f"{at}.{LAST}", inner), joined)

    def _linear(self, at: str, states: str) -> str:
        given = [states, *(f"{at}.{kind}" for kind in "wszb")]
        return self._node("DynamicQuantizeMatMul", given, f"{at}.out")

    def _last(self, at: str, states: str) -> str:
        rows, blocks, _ = self._given[f"{at}.w"].shape
        sizes: dict[str, Any] = {
            "N": rows,
            "K": blocks * BLOCK,
            "bits": 4,
            "block_size": BLOCK,
            "accuracy_level": EIGHT_BITS,
        }
        return self._node(
            "MatMulNBits", [states, f"{at}.w", f"{at}.s", "", "", f"{at}.b"], f"{at}.out", **sizes
        )

    def _normed(self, at: str, one: str, two: str) -> str:
        given = [one, two, f"{at}.w", f"{at}.b"]
        return self._node("SkipLayerNormalization", given, f"{at}.out", epsilon=self._wheel.epsilon)

    def _node(self, kind: str, given: list[str], out: str, **settings: Any) -> str:
        self._nodes.append(helper.make_node(kind, given, [out], domain=MS, **settings))
        return out


def make() -> None:
    """Write it."""
    GRAPH.parent.mkdir(exist_ok=True)
    GRAPH.write_bytes(Graph(Wheel()).model().SerializeToString(deterministic=True))
    typer.echo(f"{GRAPH.name}: {GRAPH.stat().st_size:,} bytes")


def _named(name: str, array: NDArray[np.generic]) -> TensorProto:
    tensor = TensorProto(name=name, data_type=KINDS[array.dtype.name], dims=array.shape)
    tensor.raw_data = b""
    set_external_data(tensor, location="given")
    return tensor


if __name__ == "__main__":
    typer.run(make)
