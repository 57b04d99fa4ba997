"""The trainers learn what there is to learn, and what is stored says the same as what was trained."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="training needs the extra `training`")

from agents.detect.heads import Heads, Layer, Perceptrons, packed, packed_gate
from agents.detect.ngrams import ngrams
from training.heads import UNITS, cultures, domains, train_gate, train_lexical, train_linear, train_wording
from training.rows import Row
from training.vectors import Inputs, wordings

# Twenty-five rounds are what the shipped heads have; scikit-learn says that more would be possible.
pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


def row(number, *, cultural, cultures=(), domain="", source="own gate", weight=1.0):
    return Row(
        f"text {number}", "en", cultural, source, f"group {number}", "", tuple(cultures), domain, weight
    )


@pytest.fixture(scope="module")
def inputs():
    """640 rows of 12 numbers of very different sizes; the first two decide, together."""
    draw = np.random.default_rng(3)
    numbers = draw.normal(size=(640, 12)) * np.linspace(0.1, 30, 12) + 5
    return numbers.astype(np.float32)


def two_depths(inputs):
    """The same numbers as an embedding of two depths and four features; no wording."""
    return Inputs(np.stack([inputs[:, 8:], inputs[:, 4:8]], axis=1), inputs[:, :4], None)


@pytest.fixture(scope="module")
def rows(inputs):
    first, second = (inputs[:, 0] - 5) / 0.1, (inputs[:, 1] - 5) / inputs[:, 1].std()
    return [row(at, cultural=bool(one)) for at, one in enumerate(first + second > 0)]


def test_a_gate_learns_and_takes_its_inputs_as_they_are(inputs, rows):
    """The scaling of the inputs is folded into the first layer: forgotten, nothing would be right."""
    given = two_depths(inputs)
    gate = train_gate(given, rows)
    said = [gate(*one) > 0 for one in zip(given.means, given.lexical, strict=True)]
    assert np.mean([one == other.cultural for one, other in zip(said, rows, strict=True)]) > 0.9


def test_each_depth_has_an_ensemble_of_its_own(inputs, rows):
    """What decides is in the second depth alone."""
    means = np.stack([inputs[:, 4:6], inputs[:, :2]], axis=1)
    gate = train_gate(Inputs(means, inputs[:, 6:8], None), rows)
    right = [
        np.mean(
            [
                (ensemble(np.concatenate([mean, seen])) > 0) == one.cultural
                for mean, seen, one in zip(means[:, depth], inputs[:, 6:8], rows, strict=True)
            ]
        )
        for depth, ensemble in enumerate(gate.depths)
    ]
    assert right[0] < 0.75
    assert right[1] > 0.9


def test_every_second_perceptron_does_not_hear_the_siblings(inputs, rows):
    """They lie, and are most: who hears them is wrong."""
    lying = [
        row(at, cultural=not one.cultural, source="own siblings") if at % 4 else one
        for at, one in enumerate(rows)
    ]
    given = two_depths(inputs)
    ensemble = train_gate(given, lying).depths[0]
    said = []
    for member in range(2):
        one = slice(member * UNITS, (member + 1) * UNITS)
        alone = Perceptrons(
            Layer(ensemble.hidden.weights[:, one], ensemble.hidden.bias[one]),
            Layer(ensemble.output.weights[[member]], ensemble.output.bias[[member]]),
        )
        texts = np.hstack([given.means[:, 0], given.lexical])
        said.append(np.mean([(alone(x) > 0) == y.cultural for x, y in zip(texts, rows, strict=True)]))
    assert said[0] < 0.3
    assert said[1] > 0.7


def test_what_has_no_weight_teaches_nothing(inputs, rows):
    """Half of the rows lie, without weight."""
    lying = [
        row(at, cultural=one.cultural if at % 2 else not one.cultural, weight=float(at % 2))
        for at, one in enumerate(rows)
    ]
    plain = train_lexical(inputs[:, :2], lying)
    said = [float(plain(one)[0]) > 0 for one in inputs[:, :2]]
    assert np.mean([one == other.cultural for one, other in zip(said, rows, strict=True)]) > 0.85


def test_the_wording_alone_tells_where_it_is_the_wording_that_differs():
    """Words that no training row has: their letters are like those that one label's words have."""
    letters = {True: "kawa", False: "strud"}
    taught = [row(at, cultural=at % 2 == 0) for at in range(80)]
    taught = [
        replace(one, text=f"{letters[one.cultural]}{at} {letters[one.cultural]}")
        for at, one in enumerate(taught)
    ]
    head = train_wording(wordings(taught), taught)
    assert float(head.at(*ngrams("kawakawa"))[0]) > 0 > float(head.at(*ngrams("strudel"))[0])


def test_a_linear_head_names_its_classes_in_its_own_order(inputs):
    labels = [(at, ("z", "a", "m")[at % 3]) for at in range(60)]
    vectors = np.eye(3, dtype=np.float32)[[at % 3 for at in range(60)]]
    layer, classes = train_linear(vectors, labels)
    for at, label in labels[:3]:
        assert classes[int(np.argmax(layer(vectors[at])))] == label


def test_only_our_cultural_rows_teach_cultures_and_rare_ones_are_left_out():
    taught = [row(at, cultural=True, cultures=["JP"]) for at in range(6)]
    taught += [row(10 + at, cultural=True, cultures=["KE"]) for at in range(5)]
    taught += [
        row(20, cultural=False, cultures=["JP"]),
        row(21, cultural=True, cultures=["JP"], source="calmqa"),
    ]
    taught += [row(22, cultural=True, cultures=["JP", "KE"])]
    found = cultures(taught)
    assert [index for index, one in found if one == "JP"] == [*range(6), 13]
    assert [index for index, one in found if one == "KE"] == [6, 7, 8, 9, 10, 13]
    assert cultures(taught, fewest=7) == [(index, "JP") for index in [*range(6), 13]]
    assert domains([row(0, cultural=True), row(1, cultural=True, domain="a/b")]) == [(1, "a/b")]


def test_what_is_stored_says_the_same(inputs, rows):
    given = two_depths(inputs)
    gate, plain = train_gate(given, rows), train_lexical(inputs, rows)
    stored = {
        **packed("lexical", plain),
        **packed_gate(gate),
        **packed("wording", plain),
        **packed("domain", plain),
        **packed("culture", plain),
        "domains": np.array(["a"]),
        "cultures": np.array(["JP"]),
    }
    read = Heads.of(stored)
    pairs = list(zip(given.means, given.lexical, strict=True))
    same = [(read.gate(*one) > 0) == (gate(*one) > 0) for one in pairs]
    assert np.mean(same) > 0.95
    assert (read.domains, read.cultures) == (("a",), ("JP",))
