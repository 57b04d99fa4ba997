"""Trains `agents/detect/data/heads.npz`: gate, domain and culture on embeddings, and the gate's wording.

    python -m training.heads --data DATA

takes four minutes on two cores the first time (embedding 13,000 texts) and two after that. Needs the extra
`training`. What the heads reach on rows that they were not trained on: `make eval-detection`.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from agents.detect.heads import Array, Gate, Layer, Perceptrons, packed, packed_gate
from agents.detect.tables import DATA
from agents.knowledge.embed import unit
from training.rows import Row, own_rows, public_rows
from training.vectors import Inputs, Matrix

MEMBERS, UNITS = 4, 128
SHAPE = {"alpha": 1.0, "max_iter": 25, "learning_rate_init": 1e-3, "batch_size": 128}
HALF_HEARD = "own siblings"
"""Rows that every second perceptron does not hear: where all did, pairs gained what long questions lost."""
CACHE = Path(".cache-vectors.npz")


def train(
    data: Annotated[Path, typer.Option(help="The folder of development data.")],
    cache: Annotated[Path, typer.Option(help="Where embeddings are kept.")] = CACHE,
) -> None:
    """Train all heads on all rows that may teach, and write them."""
    rows = [row for row in (*own_rows(), *public_rows(data)) if row.teaches]
    inputs = Inputs.of(rows, cache)
    vectors = unit(inputs.means[:, -1])
    stored: dict[str, NDArray[Any]] = {
        **packed("lexical", train_lexical(inputs.lexical, rows)),
        **packed_gate(train_gate(inputs, rows)),
        **packed("wording", train_wording(inputs.wordings, rows)),
    }
    for name, labels in (("domain", domains(rows)), ("culture", cultures(rows))):
        layer, classes = train_linear(vectors, labels)
        stored |= packed(name, layer) | {f"{name}s": np.array(classes)}
    np.savez_compressed(Path(str(DATA)) / "heads.npz", **stored)  # type: ignore[arg-type]  # its stub


def train_gate(inputs: Inputs, rows: Sequence[Row]) -> Gate:
    """The gate: an ensemble on each depth and the features."""
    depths = range(inputs.means.shape[1])
    return Gate(
        tuple(
            train_perceptrons(np.hstack([inputs.means[:, depth], inputs.lexical]), rows) for depth in depths
        )
    )


def train_perceptrons(inputs: Matrix, rows: Sequence[Row]) -> Perceptrons:
    """An ensemble of `MEMBERS`; the inputs' scaling is folded into its first layer."""
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0) + 1e-6
    scaled, labels, weights = (inputs - mean) / deviation, _labels(rows), _weights(rows)
    others = np.array([row.source != HALF_HEARD for row in rows])
    fits = []
    for seed in range(MEMBERS):
        heard = others if seed % 2 else np.ones(len(rows), bool)
        model = MLPClassifier((UNITS,), random_state=seed, **SHAPE)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # `max_iter` is where it stops, on purpose
            fits.append(model.fit(scaled[heard], labels[heard], sample_weight=weights[heard]))
    first = np.hstack([model.coefs_[0] for model in fits]) / deviation[:, None]
    bias = np.concatenate([model.intercepts_[0] for model in fits]) - mean @ first
    last = np.stack([model.coefs_[1][:, 0] for model in fits])
    ends = np.array([model.intercepts_[1][0] for model in fits])
    return Perceptrons(_layer(first, bias), _layer(last, ends))


def train_lexical(inputs: Matrix, rows: Sequence[Row]) -> Layer:
    """Logistic regression on the features alone: it tells which texts need no embedding."""
    model = LogisticRegression(C=3.0, max_iter=2_000)
    model.fit(inputs, _labels(rows), sample_weight=_weights(rows))
    return _layer(model.coef_.T, model.intercept_)


def train_wording(counts: csr_matrix, rows: Sequence[Row]) -> Layer:
    """Logistic regression on character n-grams."""
    model = LogisticRegression(C=64.0, max_iter=300, solver="liblinear")
    model.fit(counts, _labels(rows), sample_weight=_weights(rows))
    return _layer(model.coef_.T, model.intercept_)


def train_linear(vectors: Matrix, labels: Sequence[tuple[int, str]]) -> tuple[Layer, list[str]]:
    """Multinomial logistic regression. labels: (row, class); a row may have several."""
    index = [row for row, _ in labels]
    model = LogisticRegression(C=30.0, max_iter=500, class_weight="balanced")
    model.fit(vectors[index], [label for _, label in labels])
    return _layer(model.coef_.T, model.intercept_), list(map(str, model.classes_))


def domains(rows: Sequence[Row]) -> list[tuple[int, str]]:
    """(row, domain) of the rows that have one."""
    return [(index, row.domain) for index, row in enumerate(rows) if row.domain]


def cultures(rows: Sequence[Row], fewest: int = 6) -> list[tuple[int, str]]:
    """(row, culture) of our cultural rows; cultures with fewer rows are left out."""
    found = [
        (index, culture)
        for index, row in enumerate(rows)
        if row.cultural and row.source.startswith("own")
        for culture in row.cultures
    ]
    names = [culture for _, culture in found]
    return [(index, culture) for index, culture in found if names.count(culture) >= fewest]


def _labels(rows: Sequence[Row]) -> NDArray[np.int_]:
    return np.array([int(row.cultural) for row in rows])


def _weights(rows: Sequence[Row]) -> NDArray[np.float64]:
    return np.array([row.weight for row in rows])


def _layer(weights: NDArray[Any], bias: NDArray[Any]) -> Layer:
    made: tuple[Array, Array] = weights.astype(np.float32), bias.astype(np.float32)
    return Layer(*made)


if __name__ == "__main__":
    typer.run(train)
