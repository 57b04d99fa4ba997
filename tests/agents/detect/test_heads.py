"""The heads: what is packed comes back, and the ensemble is the mean of its members."""

import numpy as np
import pytest

from agents.detect.features import lexical
from agents.detect.heads import Gate, Heads, Layer, Perceptrons, packed, softmax
from agents.detect.ngrams import BUCKETS
from agents.knowledge.encoder import DEPTHS


def test_a_packed_layer_comes_back_within_a_step() -> None:
    weights = np.random.RandomState(0).normal(size=(20, 3)).astype(np.float32)
    stored = packed("one", Layer(weights, np.ones(3, np.float32)))
    step = np.abs(weights).max(axis=0) / 127
    assert (np.abs(stored["one.weights"] * stored["one.scale"] - weights) <= step / 2 + 1e-6).all()


def test_a_layer_of_a_sparse_input_says_the_same() -> None:
    layer = Layer(np.arange(8, dtype=np.float32).reshape(4, 2), np.ones(2, np.float32))
    x = np.array([0, 0.5, 0, 2], np.float32)
    assert layer.at(np.array([1, 3]), x[[1, 3]]) == pytest.approx(layer(x))


def test_an_ensemble_is_the_mean_of_its_members() -> None:
    hidden = Layer(np.eye(2, dtype=np.float32), np.zeros(2, np.float32))
    output = Layer(np.array([[1.0], [-3.0]], np.float32), np.zeros(2, np.float32))
    mean = (1 / (1 + np.exp(-2.0)) + 1 / (1 + np.exp(3.0))) / 2
    said = Perceptrons(hidden, output)(np.array([2.0, 1.0], np.float32))
    assert said == pytest.approx(np.log(mean / (1 - mean)), abs=1e-5)


def test_a_gate_is_the_mean_of_its_ensembles_each_on_its_depth_and_all_on_the_features() -> None:
    ensembles = [
        Perceptrons(Layer(np.array([[one], [1.0]], np.float32), np.zeros(1, np.float32)), output)
        for one, output in (
            (1.0, Layer(np.array([[1.0]], np.float32), np.zeros(1, np.float32))),
            (2.0, Layer(np.array([[-0.5]], np.float32), np.zeros(1, np.float32))),
        )
    ]
    means, seen = np.array([[0.5], [0.25]], np.float32), np.array([3.0], np.float32)
    assert Gate(tuple(ensembles))(means, seen) == pytest.approx(
        ((0.5 + 3) - (2 * 0.25 + 3) / 2) / 2, abs=1e-4
    )
    with pytest.raises(ValueError, match="shorter"):
        Gate(tuple(ensembles))(means[:1], seen)


def test_the_packaged_heads_fit_features_and_embedding() -> None:
    heads, seen = Heads.load(), lexical("Hello", (), (), {})
    assert heads.lexical.weights.shape == (len(seen), 1)
    assert len(heads.gate.depths) == len(DEPTHS)
    assert {one.hidden.weights.shape[0] for one in heads.gate.depths} == {384 + len(seen)}
    assert heads.wording.weights.shape == (BUCKETS, 1)
    assert len(heads.domains) == heads.domain.weights.shape[1] > 20
    assert len(heads.cultures) == heads.culture.weights.shape[1] > 50


def test_softmax_sums_to_one_even_of_large_numbers() -> None:
    assert softmax(np.array([1_000.0, 1_000.0], np.float32)) == pytest.approx([0.5, 0.5])
