"""The curve of gain against samples: its points by hand, and when there is none."""

import pytest

from evaluation.report.curve import curve, curves
from evaluation.report.rows import Row
from evaluation.report.runs import Run
from evaluation.report.summary import Options, summarise

RIGHT = {"base": 10, "aligned-10": 10, "aligned-30": 15, "aligned-100": 30, "aligned": 40, "other-x30": 40}


def rows():
    for name, right in RIGHT.items():
        for n in range(40):
            yield Row(
                task="facts",
                arm=name,
                sample=f"q{n}#0",
                question=f"q{n}",
                cluster=f"q{n}",
                culture=None,
                language="en",
                order=0,
                phrasing=0,
                scores={"chosen": float(n < right), "calibrated": float(n < 20), "likelihood": 0.5},
            )


@pytest.fixture(scope="module")
def task():
    runs = [Run(task="facts", arm="base", model="m", headline="chosen")]
    (found,) = summarise(rows(), runs, Options("base", resamples=199))
    return found


def test_the_points_are_the_paired_differences_by_number_of_samples(task):
    found = curves(task)
    assert {n: gain.value for n, gain in found["chosen"].items()} == {10: 0.0, 30: 0.125, 100: 0.5}
    assert {n: gain.value for n, gain in found["calibrated"].items()} == {10: 0.0, 30: 0.0, 100: 0.0}
    assert list(found) == ["chosen", "calibrated"]


def test_it_is_drawn(task, tmp_path):
    assert curve([task], "base", tmp_path) == "curve.png"
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "curve.svg").exists()


def test_two_points_are_no_curve(tmp_path):
    few = [row for row in rows() if row.arm != "aligned-30"]
    assert curve(summarise(few, [], Options("base", resamples=199)), "base", tmp_path) is None


def test_contenders_stand_in_the_order_of_their_samples_behind_the_reference(task):
    named = [arm.name for arm in task.arms]
    assert named == ["base", "aligned", "aligned-10", "aligned-30", "aligned-100", "other-x30"]
