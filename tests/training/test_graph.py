"""The graph in the tree is the one that the script makes."""

import pytest

pytest.importorskip("onnx", reason="training needs the extra `training`")

from agents.knowledge.encoder import GRAPH, weights
from agents.knowledge.wheel import Wheel
from training.graph import Graph


def test_the_packaged_graph_is_the_one_that_is_made_and_holds_no_weights():
    made = Graph(Wheel()).model()
    assert made.SerializeToString(deterministic=True) == GRAPH.read_bytes()
    assert {one.name for one in made.graph.initializer} == set(weights(Wheel()))
    assert not any(one.raw_data for one in made.graph.initializer)
