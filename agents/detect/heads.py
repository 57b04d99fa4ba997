"""The small trained heads on an embedding: their weights, and how they are applied. No library needed.

`data/heads.npz` holds them at eight bits with a scale a column; `training/heads.py` makes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.detect.tables import DATA

Array = NDArray[np.float32]
SMALLEST = 1e-6  # probability
MOST = 50.0  # logit of a member: beyond it the exponential of single precision ends


@dataclass(frozen=True, slots=True)
class Layer:
    """An affine map: `x @ weights + bias`. weights: (inputs, outputs)."""

    weights: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        """(inputs,) -> (outputs,)."""
        return x @ self.weights + self.bias

    def at(self, inputs: NDArray[np.intp], x: Array) -> Array:
        """The same for an `x` that is zero but at these `inputs`."""
        return x @ self.weights[inputs] + self.bias


@dataclass(frozen=True, slots=True)
class Perceptrons:
    """An ensemble of perceptrons with one hidden layer (ReLU) and one logistic output."""

    hidden: Layer  # of all members, side by side
    output: Layer  # (members, units of one)

    def __call__(self, x: Array) -> float:
        """The logit of the members' mean probability."""
        members = self.output.weights.shape[0]
        units = np.maximum(self.hidden(x), 0.0).reshape(members, -1)
        logits = (units * self.output.weights).sum(axis=1) + self.output.bias
        logits = np.clip(logits, -MOST, MOST)
        mean = np.clip((1.0 / (1.0 + np.exp(-logits))).mean(), SMALLEST, 1.0 - SMALLEST)
        return float(np.log(mean / (1.0 - mean)))


@dataclass(frozen=True, slots=True)
class Gate:
    """Ensembles of perceptrons, each on another depth of the embedding model and on the lexical features.

    One depth sees what another has forgotten: together they are right more often than any of them, and than
    one that is given all depths (`docs/benchmarks/detection.md`).
    """

    depths: tuple[Perceptrons, ...]

    def __call__(self, means: Array, seen: Array) -> float:
        """The mean of the ensembles' logits. means: (depths, hidden); seen: (features,)."""
        pairs = zip(self.depths, means, strict=True)
        return float(np.mean([ensemble(np.concatenate([mean, seen])) for ensemble, mean in pairs]))


@dataclass(frozen=True, slots=True)
class Heads:
    """`lexical`, `gate` and `wording` say how cultural a text is: by its features alone, with its embedding,
    and by its character n-grams.

    `domain` and `culture` are linear in the embedding; their outputs are named.
    """

    lexical: Layer
    gate: Gate
    wording: Layer
    domain: Layer
    domains: tuple[str, ...]
    culture: Layer
    cultures: tuple[str, ...]

    @classmethod
    def load(cls) -> "Heads":
        """The packaged ones. FileNotFoundError without them."""
        with (DATA / "heads.npz").open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            return cls.of(dict(stored))

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Heads":
        """The heads out of the arrays of `packed`."""
        return cls(
            unpacked(stored, "lexical"),
            _gate(stored),
            unpacked(stored, "wording"),
            unpacked(stored, "domain"),
            tuple(map(str, stored["domains"])),
            unpacked(stored, "culture"),
            tuple(map(str, stored["cultures"])),
        )


def packed(name: str, layer: Layer) -> dict[str, NDArray[Any]]:
    """A layer at eight bits, ready to be stored."""
    scale = np.maximum(np.abs(layer.weights).max(axis=0), 1e-9) / 127
    return {
        f"{name}.weights": np.round(layer.weights / scale).astype(np.int8),
        f"{name}.scale": scale.astype(np.float32),
        f"{name}.bias": layer.bias.astype(np.float32),
    }


def packed_gate(gate: Gate) -> dict[str, NDArray[Any]]:
    """The same of a gate."""
    stored: dict[str, NDArray[Any]] = {}
    for depth, ensemble in enumerate(gate.depths):
        stored |= packed(f"hidden{depth}", ensemble.hidden) | packed(f"output{depth}", ensemble.output)
    return stored


def softmax(logits: Array) -> Array:
    """Probabilities that sum to 1."""
    odds = np.exp(logits - logits.max())
    shares: Array = odds / odds.sum()
    return shares


def unpacked(stored: Mapping[str, Any], name: str) -> Layer:
    """The layer that `packed` stored under this name."""
    weights = stored[f"{name}.weights"].astype(np.float32) * stored[f"{name}.scale"]
    return Layer(weights, stored[f"{name}.bias"])


def _gate(stored: Mapping[str, Any]) -> Gate:
    depths = sum(name.startswith("hidden") and name.endswith(".bias") for name in stored)
    return Gate(
        tuple(
            Perceptrons(unpacked(stored, f"hidden{depth}"), unpacked(stored, f"output{depth}"))
            for depth in range(depths)
        )
    )
