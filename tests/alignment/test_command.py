"""The commands, one after the other, on a teacher behind HTTP."""

import errno
import json
import subprocess
import sys

import pytest
from rich.console import Console
from typer.testing import CliRunner

from alignment.command import app
from alignment.journal import Journal
from alignment.stage import Outcome, StageStopped, run_stage
from tests.alignment.conftest import teach

CONFIG = """
name = "tiny"
out = "{out}"
cultures = ["CN", "KE"]
per_culture = 3
judge_may_be_teacher = true
[teacher]
url = "{url}"
model = "tiny"
[judge]
url = "{url}"
model = "tiny"
[respond]
models = ["tiny", "polylect/expert"]
"""
STAGES = ("plan", "question", "respond", "critique", "judge", "select")


@pytest.fixture
def config(tmp_path, server):
    path = tmp_path / "tiny.toml"
    path.write_text(CONFIG.format(out=tmp_path / "run", url=server.url))
    return path


@pytest.fixture
def run(config):
    def run(stage, *more):
        done = CliRunner().invoke(app, [stage, str(config), *more], env={"COLUMNS": "200"})
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, " ".join(done.output.split())

    return run


def rows(folder, name):
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]


def test_from_a_plan_to_what_is_trained_on(run, tmp_path):
    for stage in STAGES:
        code, said = run(stage)
        assert code == 0, (stage, said)
    assert "select: 6 of 12 (50%); rejected: " in said
    kept = rows(tmp_path / "run", "select")
    assert [row["culture"] for row in kept] == ["CN"] * 3 + ["KE"] * 3
    assert {"fact", "question", "units", "scores", "critique", "refined", "grades"} <= kept[0].keys()


def test_a_teacher_that_is_gone_stops_the_stage_and_it_goes_on(run, server, tmp_path):
    run("plan")
    server.failing = 10_000
    code, said = run("question")
    assert code == 2
    assert "5 rows in a row failed" in said
    assert not (tmp_path / "run" / "question.rejected.jsonl").exists()
    assert "start the same command again" in said
    server.failing = 0
    code, said = run("question")
    assert code == 0, said
    calls = server.calls
    assert run("question")[0] == 0
    assert server.calls == calls


def test_a_wrong_key_stops_at_once(run, server):
    run("plan")
    server.failing, server.status = 10_000, 401
    code, said = run("question")
    assert (code, server.calls <= 8) == (2, True)
    assert "1 row failed" in said
    assert "401" in said


def test_one_request_that_is_refused_is_that_rows_fault(run, server):
    """As a prompt that is too long: the loop over stages must get past it."""
    run("plan")
    long = lambda body: "from Kenya" in (asked := body["messages"][0]["content"]) and "tell" not in asked  # noqa: E731
    told = []
    server.say = lambda body: told.append(1) or 400 if long(body) and not told else teach(body)
    code, said = run("question")
    assert code == 0, said
    assert "11 of 12 (92%); rejected: 1 refused" in said


def test_another_teacher_does_not_go_on_with_the_rows_of_the_first(run, config):
    run("plan")
    assert run("question")[0] == 0
    config.write_text(config.read_text().replace('model = "tiny"', 'model = "other"'))
    code, said = run("question")
    assert code == 2
    assert "was made with another teacher, judge" in said
    assert "delete question.jsonl" in said


def test_more_are_wanted_later(run, config, tmp_path):
    for stage in STAGES:
        run(stage)
    config.write_text(config.read_text().replace("per_culture = 3", "per_culture = 4"))
    for stage in STAGES:
        code, said = run(stage)
        assert code == 0, said
    assert "select: 8 of 16" in said
    assert len(rows(tmp_path / "run", "plan")) == 16


def test_malformed_generations_are_counted(run, server):
    run("plan")
    server.say = lambda body: "Sorry." if "from Kenya" in body["messages"][0]["content"] else teach(body)
    code, said = run("question")
    assert code == 0, said
    assert "question: 6 of 12 (50%); rejected: 6 unreadable" in said


def test_a_stage_without_the_one_before(run):
    code, said = run("critique")
    assert code == 2
    assert "respond.jsonl: No such file or directory. Run the stage that writes it first." in said


async def test_a_full_disk_is_said(tmp_path):
    class Full(Journal):
        def add(self, row):
            raise OSError(errno.ENOSPC, "No space left on device")

    async def one():
        yield Outcome("a", row={"id": "a"})

    with pytest.raises(StageStopped, match=r"the disk is full\. Make room, and start"):
        await run_stage(one(), Full(tmp_path, "plan"), 1, Console(quiet=True))


@pytest.mark.scale
def test_ray_makes_the_same_rows(run, config, tmp_path):
    pytest.importorskip("ray", reason="Ray is in the extra `scale`: make test-scale")
    run("plan")
    run("question")
    run("respond")
    here = rows(tmp_path / "run", "respond")
    (tmp_path / "run" / "respond.jsonl").unlink()
    command = [sys.executable, "-m", "alignment", "respond", str(config), "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    on_ray = rows(tmp_path / "run", "respond")
    assert sorted(on_ray, key=lambda row: row["id"]) == sorted(here, key=lambda row: row["id"])
