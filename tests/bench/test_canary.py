"""The canary bench as a command, against a scripted backbone: asked once, and of one measurement alone."""

import json
import sys

import pytest

from bench import canary
from tests.service.conftest import Reply

ONE_EACH = ["--trials", "1", "--tokens", "40"]


@pytest.fixture
def run(backbone, tmp_path, monkeypatch):
    """Run the command with more options; the rows of its results."""
    backbone.reply = lambda body: Reply(words=["Elders", " come\u2028first", "."])
    results = tmp_path / "canary.jsonl"

    def run(*more):
        given = ["--url", backbone.url, "--model", "scripted", "--results", str(results), *ONE_EACH, *more]
        monkeypatch.setattr(sys, "argv", ["canary.py", *given])
        canary.main()
        _, *rows = map(json.loads, results.read_text("utf-8").strip("\n").split("\n"))
        return rows

    return run


def test_every_pair_is_asked_once_and_reported(run, backbone, tmp_path):
    rows = run()
    assert {row["arm"] for row in rows} == {"plain", "defended"}
    assert len(rows) == len({(row["key"], row["arm"]) for row in rows}) == 8, "a pair in four languages"
    assert all("come\u2028first" in row["answer"] for row in rows)
    asked = len(backbone.bodies)
    assert run() == rows
    assert len(backbone.bodies) == asked
    told = json.loads((tmp_path / "canary.report.json").read_text("utf-8"))
    assert (told["model"], told["tokens"], told["all"]["pairs"]) == ("scripted", 40, 4)
    assert told["all"]["plain"]["canaries"] == 0


def test_results_of_another_measurement_are_refused(run, backbone):
    run()
    asked = len(backbone.bodies)
    others = {"model": ["--model", "big"], "tokens": ["--tokens", "41"], "seed": ["--seed", "2"]}
    for what, more in {**others, "plants": ["--dev"]}.items():
        with pytest.raises(SystemExit, match=rf"measured with {what} .* Name another --results"):
            run(*more)
    assert len(backbone.bodies) == asked
