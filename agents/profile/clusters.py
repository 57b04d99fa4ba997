"""Subjects: k-means on the questions' vectors (Lloyd's algorithm, k-means++ seeding; scikit-learn).

The published method seeds k-means++ and stops there. How many clusters there are is chosen on the questions
themselves, by the mean silhouette (Rousseeuw 1987).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.errors import PolylectError
from agents.profile.extra import sklearn_cluster, sklearn_metrics

SIZES = (2, 3, 4, 6, 8, 12, 16, 24)
FEWEST = 8  # questions in a cluster, on average, for a number of clusters to be considered
SAMPLE = 2_000  # questions that a silhouette is worked out on


class TooLittle(PolylectError):
    """Too little to draw a map from."""


@dataclass(frozen=True, slots=True)
class Clustering:
    """`labels`: each question's cluster; `centres`: one row a cluster."""

    labels: tuple[int, ...]
    centres: NDArray[np.float32]

    def typical(self, vectors: NDArray[np.float32], cluster: int, most: int = 3) -> list[int]:
        """The questions nearest to a cluster's centre, the nearest first."""
        members = [at for at, label in enumerate(self.labels) if label == cluster]
        far = np.linalg.norm(vectors[members] - self.centres[cluster], axis=1)
        return [members[at] for at in np.argsort(far, kind="stable")[:most]]


def check_clusters(texts: Iterable[str], number: int | None) -> None:
    """Refuse a number of clusters that these questions cannot make: before they are asked, which takes hours.

    Raises:
        TooLittle: fewer different questions than clusters, or none.
    """
    _check(len(set(texts)), number)


def cluster(vectors: NDArray[np.float32], *, number: int | None = None, seed: int = 1) -> Clustering:
    """Group vectors of unit length; `number`: into so many, None: as many as the silhouette says.

    Raises:
        TooLittle: fewer different vectors than clusters, or none.
    """
    distinct = len(np.unique(vectors, axis=0))
    _check(distinct, number)
    sizes: Sequence[int] = [number] if number else _worth(distinct)
    if sizes == [1] or distinct == 1:
        return Clustering((0,) * len(vectors), vectors.mean(axis=0, keepdims=True).astype(np.float32))
    k_means = sklearn_cluster().KMeans
    fits = [k_means(one, n_init=10, random_state=seed).fit(vectors) for one in sizes]
    best = fits[0] if len(fits) == 1 else max(fits, key=lambda fit: _silhouette(vectors, fit.labels_, seed))
    return Clustering(tuple(int(one) for one in best.labels_), best.cluster_centers_.astype(np.float32))


def _check(distinct: int, number: int | None) -> None:
    if distinct < (number or 1):
        cure = "Ask for fewer clusters, or leave their number to the questions." if number else "Give some."
        raise TooLittle(f"{distinct} different questions cannot make {number or 1} clusters. {cure}")


def _worth(distinct: int) -> list[int]:
    return [one for one in SIZES if one * FEWEST <= distinct] or [1]


def _silhouette(vectors: NDArray[np.float32], labels: NDArray[np.int32], seed: int) -> float:
    sample = min(SAMPLE, len(vectors))
    return float(sklearn_metrics().silhouette_score(vectors, labels, sample_size=sample, random_state=seed))
