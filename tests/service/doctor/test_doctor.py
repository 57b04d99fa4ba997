"""`polylect doctor`, as it is typed."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from service.cli import app
from service.doctor.finding import Finding
from service.doctor.view import line
from tests.service.conftest import Reply


def doctor(*options):
    return CliRunner().invoke(app, ["doctor", *options])


def found(done):
    return {one["check"]: one for one in json.loads(done.stdout)}


def test_where_nothing_is_wrong_it_says_so_and_ends_with_0(backbone, write, entry):
    write(port=0, model_list=[entry(backbone.url)])
    done = doctor()
    assert done.exit_code == 0, done.stdout
    assert "✗" not in done.stdout
    assert "it reports usage" in " ".join(done.stdout.split())
    assert len(backbone.bodies) == 1


def test_a_warning_ends_with_0(backbone, write, entry, monkeypatch):
    monkeypatch.setenv("POLYLECT_AGNETS", "3")
    write(port=0, model_list=[entry(backbone.url)])
    done = doctor("--no-ask")
    assert done.exit_code == 0
    assert "POLYLECT_AGENTS" in done.stdout
    assert backbone.bodies == []


def test_one_problem_hides_no_other_and_no_secret_is_told(backbone, write, entry, monkeypatch):
    monkeypatch.setenv("POLYLECT_REDIS_PASWORD", "sesame-9")
    Path("broken.json").write_text("{")
    Path("keys.json").write_text("{}")
    dead = entry("http://me:sesame-1@127.0.0.1:9/v1?sig=sesame-2", name="dead", api_key="sesame-3")
    refusing = entry(backbone.url, name="refusing", api_key="sesame-4")
    write(
        prot=9000,
        port=0,
        keys_file="keys.json",
        redis_url="redis://:sesame-5@127.0.0.1:9/0",
        model_list=[dead, refusing, {"model_name": "x", "litellm_params": {"api_key": "sesame-6"}}],
        knowledge_maps={"refusing": "broken.json"},
        embedder={"model": "e5", "api_base": "http://me:sesame-7@127.0.0.1:9/v1", "api_key": "sesame-8"},
    )
    backbone.reply = lambda body: Reply(status=400, error={"message": "your key sesame-4 is wrong"})
    for options in ((), ("--json",)):
        done = doctor(*options)
        assert done.exit_code == 1
        assert "sesame" not in done.output
        assert "Traceback" not in done.output
    for one in json.loads(done.stdout):
        assert set(one) == {"check", "state", "found", "cure"}
        assert bool(one["cure"]) == (one["state"] in {"warning", "problem"})
    told = found(done)
    assert {check for check, one in told.items() if one["state"] == "problem"} == {
        "configuration", "keys", "redis", "backbone dead", "answer of refusing", "map of refusing",
        "embedder",
    }  # fmt: skip
    assert told["backbone refusing"]["state"] == "ok"
    assert told["environment"]["state"] == "warning"
    assert "your key … is wrong" in told["answer of refusing"]["found"]


def test_without_a_readable_file_the_rest_is_looked_at_all_the_same():
    Path("polylect.yaml").write_text("a: [")
    told = found(doctor("--json"))
    assert told["configuration"]["state"] == "problem"
    assert told["backbones"]["state"] == told["port"]["state"] == "skipped"
    assert told["data"]["state"] == "ok"


def test_a_line_fits_a_narrow_terminal_and_one_without_signs():
    shown = Console(width=60, file=io.StringIO())
    with shown.capture() as said:
        shown.print(line(Finding("port", "problem", "taken " * 20, "POLYLECT_PORT=8001"), ascii_only=True))
    assert said.get().startswith("x  port")
    assert "-> POLYLECT_PORT=8001" in said.get()
    assert all(len(one) <= 60 for one in said.get().splitlines())


@pytest.mark.embedded
@pytest.mark.timeout(240)
def test_the_embedded_model_is_started_and_asked():
    command = [sys.executable, "-m", "service.cli", "doctor", "--json"]
    environment = {**os.environ, "POLYLECT_PORT": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = {one["check"]: one for one in json.loads(done.stdout)}
    assert "one token in" in told["answer of smollm2-135m-instruct"]["found"]
    assert told["context of smollm2-135m-instruct"]["found"] == "8,192 tokens"
    assert done.stderr == ""
