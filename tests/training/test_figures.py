"""The figures of detection by hand; and a row is never judged by a model that has seen its group."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="training needs the extra `training`")

from scipy.sparse import csr_matrix

from agents.cultures.cultures import Cultures
from agents.detect.ngrams import BUCKETS
from training.figures import CONTROLS, Judged, cross_validated, plot_calibration, speaks
from training.rows import Row
from training.vectors import Inputs


def row(source, *, cultural, cue="", group="one"):
    return Row("text", "en", cultural, source, group, cue)


@pytest.fixture
def judged():
    rows = [
        row("mix blend", cultural=True),  # found
        row("mix blend", cultural=True),  # missed
        row("mix gsm8k", cultural=False),  # rightly left
        row("mix gsm8k", cultural=False),  # wrongly steered
        row("calmqa", cultural=True),  # found
        row("calmqa", cultural=False),  # rightly left
        row("own gate", cultural=False, cue="place_distractor"),  # wrongly steered
        row("own gate", cultural=True),  # found
    ]
    return Judged(rows, np.array([0.9, 0.2, 0.1, 0.6, 0.7, 0.4, 0.5, 0.8]))


def test_figures_by_hand(judged):
    said = {name: value for name, value, _ in judged.figures()}
    assert said["F1 on the mix"] == "0.500"  # one right of two said, one found of two
    assert said["controls steered"] == "50.0 % of 2"
    assert said["native cultural questions found"] == "100.0 % of 1"
    assert said["native agnostic questions steered"] == "0.0 % of 1"
    assert said["place distractors steered"] == "100.0 % of 1"
    assert said["minimal pairs, unseen half"] == "none"
    assert said["our own prompts, 60 languages"] == "50.0 % of 2"
    assert "gsm8k" in CONTROLS


@pytest.mark.parametrize(
    ("culture", "language", "area"),
    [
        ("arab-world", "ar", True),
        ("ES", "es", True),  # for a question from Mexico
        ("BR", "es", False),
        ("GB", "en", False),  # English is asked in everywhere
        ("nowhere", "es", False),
    ],
)
def test_the_area_of_a_language(culture, language, area):
    assert speaks(Cultures.load(), culture, language) == area


def test_confusions_count_every_row_once(judged):
    by_source = dict(judged.confusions())["By source"]
    assert by_source["mix blend"] == (1, 1, 0, 0)
    assert by_source["mix gsm8k"] == (0, 0, 1, 1)
    assert sum(map(sum, by_source.values())) == 8


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_row_is_judged_by_a_model_that_has_not_seen_its_group():
    """Labels that can be learnt by heart and by nothing else: who has seen a group is right, others guess."""
    draw = np.random.default_rng(5)
    labels = draw.integers(0, 2, 120).astype(bool)
    rows = [row("own gate", cultural=bool(label), group=f"g{at}") for at, label in enumerate(labels)]
    twice = [*rows, *rows]
    lexical = np.zeros((240, 120), dtype=np.float32)
    lexical[np.arange(240), np.arange(240) % 120] = 10.0
    silent = csr_matrix((240, BUCKETS), dtype=np.float32)
    inputs = Inputs(np.zeros((240, 2, 1), dtype=np.float32), lexical, silent)
    right = (cross_validated(inputs, twice) >= 0.5) == np.array([one.cultural for one in twice])
    assert right.mean() < 0.75


def test_the_plot_is_drawn(judged, tmp_path):
    plot_calibration(judged, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
