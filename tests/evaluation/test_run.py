"""`make eval` from outside: nothing is lost, nothing is asked twice, what is wrong is said in a line."""

import json
import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalSample, list_eval_logs, read_eval_log
from typer.testing import CliRunner, Result

from alignment.export import read_scores
from evaluation.report.__main__ import app as report
from evaluation.report.runs import read
from evaluation.run import app
from tests.service.conftest import Reply, ScriptedBackbone, settings_for


def run(endpoint: Any, data: Path, *more: str, task: str = "blend_mcq", arm: str = "plain") -> Result:
    return CliRunner().invoke(app, [*arguments(endpoint.url, data, task, arm), *more])


def arguments(url: str, data: Path, task: str = "blend_mcq", arm: str = "plain") -> list[str]:
    given = [task, arm, "--url", url, "--data", str(data), "--logs", str(data.parent / "logs")]
    return [*given, "--variants", "1", "--limit", "6", "--patience", "0.2"]


def answered(data: Path) -> list[EvalSample]:
    folder = data.parent / "logs" / "blend_mcq" / "plain"
    logs = [read_eval_log(info) for info in list_eval_logs(str(folder))]
    return [sample for log in logs for sample in log.samples or () if sample.scores and not sample.error]


def test_everything_is_asked_once_and_accounted(endpoint: Any, data: Path) -> None:
    result = run(endpoint, data)
    assert result.exit_code == 0, result.output
    assert "6 of 6 answered" in result.output
    assert len(endpoint.bodies) == len(set(endpoint.asked)) == 6
    spent = [sample.store["spent"] for sample in answered(data)]
    assert [(one["calls"], one["prompt_tokens"], one["completion_tokens"]) for one in spent] == [
        (1, 10, 2)
    ] * 6
    assert run(endpoint, data).exit_code == 0
    assert len(endpoint.bodies) == 6, "what was answered is not asked again"


def test_a_larger_limit_asks_only_the_new_ones(endpoint: Any, data: Path) -> None:
    run(endpoint, data, "--limit", "3")
    first = set(endpoint.asked)
    result = run(endpoint, data, "--limit", "8")
    assert "5 of 5 answered" in result.output
    assert len(endpoint.bodies) == 8
    assert len({*endpoint.asked} - first) == 5
    assert len({sample.id for sample in answered(data)}) == 8


def test_an_answers_length_is_bounded_and_part_of_what_the_run_was(endpoint: Any, data: Path) -> None:
    assert run(endpoint, data, "--max-tokens", "2").exit_code == 0
    assert {body.get("max_tokens") or body.get("max_completion_tokens") for body in endpoint.bodies} == {2}
    result = run(endpoint, data, "--limit", "8")
    assert result.exit_code == 2
    assert "max_tokens 2, not None" in " ".join(result.output.split())


def test_errors_here_and_there_lose_nothing(endpoint: Any, data: Path) -> None:
    number = count(1)
    endpoint.say = lambda body: 500 if next(number) % 7 == 3 else "A"
    result = run(endpoint, data, "--limit", "20", "--patience", "2")
    assert result.exit_code == 0, result.output
    assert len(answered(data)) == 20
    assert len(endpoint.bodies) > 20


def test_an_endpoint_that_dies_ends_the_run_and_the_rest_is_asked_later(endpoint: Any, data: Path) -> None:
    number = count(1)
    endpoint.say = lambda body: "A" if next(number) <= 4 else 503
    started = time.monotonic()
    result = run(endpoint, data, "--limit", "8", "--connections", "1")
    assert time.monotonic() - started < 10, "a dead endpoint is given up, not tried at every question"
    assert result.exit_code == 1
    assert "4 of 8 answered" in result.output
    assert "answered nothing for more than 0.2 s" in result.output
    assert "The same command asks the others again" in result.output
    endpoint.forget()
    result = run(endpoint, data, "--limit", "8")
    assert result.exit_code == 0, result.output
    assert len(endpoint.bodies) == 4
    assert sorted(sample.id for sample in answered(data)) == sorted({sample.id for sample in answered(data)})
    assert len(answered(data)) == 8


def test_a_killed_run_goes_on_where_it_stopped(endpoint: Any, data: Path) -> None:
    endpoint.say = lambda body: time.sleep(0.05) or "A"
    command = [sys.executable, "-m", "evaluation.run", *arguments(endpoint.url, data), "--limit", "20"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [*command, "--connections", "1"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 60
        while len(endpoint.bodies) < 8 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    kept = len(answered(data))
    assert 5 <= kept < 20, "what was answered before is in the log"
    endpoint.forget()
    result = run(endpoint, data, "--limit", "20")
    assert result.exit_code == 0, result.output
    assert len(endpoint.bodies) == 20 - kept
    assert len(answered(data)) == len({sample.id for sample in answered(data)}) == 20


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--variants", "2"], "variants must be one of (1, 3, 9), not 2"),
        (["--data", "nowhere"], "There is no nowhere/blend_mcq"),
        (["--url", "http://127.0.0.1:9/v1"], "Nobody answers at http://127.0.0.1:9/v1"),
        (["--set", "locale=true"], "blend_mcq has no option 'locale'. It has local."),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_asked(
    endpoint: Any, data: Path, more: list[str], said: str
) -> None:
    result = run(endpoint, data, *more)
    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not endpoint.bodies
    assert not (data.parent / "logs").exists(), "a run that did not start leaves nothing"


@pytest.mark.parametrize(
    ("task", "arm", "said"),
    [
        ("nothing", "plain", "No task 'nothing'. There are "),
        ("blend_mcq", "nobody", "No arm 'nobody'. There are "),
    ],
)
def test_an_unknown_task_or_arm_is_named(endpoint: Any, data: Path, task: str, arm: str, said: str) -> None:
    result = run(endpoint, data, task=task, arm=arm)
    assert result.exit_code == 2
    assert said in result.output


def test_a_task_that_needs_a_judge_says_so(endpoint: Any, data: Path) -> None:
    result = run(endpoint, data, "--set", "extractor=true", task="worldviews")
    assert result.exit_code == 2
    assert "worldviews with these options needs a judge: name its model id with --judge." in result.output


def test_a_decoy_needs_no_endpoint(endpoint: Any, data: Path) -> None:
    result = run(endpoint, data, "--url", "http://127.0.0.1:9/v1", "--limit", "1", arm="neutral")
    assert result.exit_code == 0, result.output
    assert "1 of 1 answered" in result.output


def test_another_seed_needs_another_folder(endpoint: Any, data: Path) -> None:
    assert run(endpoint, data, "--limit", "1").exit_code == 0
    result = run(endpoint, data, "--limit", "1", "--seed", "2")
    assert result.exit_code == 2
    cure = "Name another --logs, or another name with --as."
    assert f"holds a run with seed 1, not 2. {cure}" in result.output
    assert len(endpoint.bodies) == 1


def test_two_backbones_of_one_arm_stand_side_by_side(endpoint: Any, data: Path, tmp_path: Path) -> None:
    endpoint.say = lambda body: "rice" if body["model"] == "aligned" else "tea"
    for name in ("base", "aligned"):
        result = run(endpoint, data, "--backbone", name, "--as", name)
        assert result.exit_code == 0, result.output
    assert [body["model"] for body in endpoint.bodies] == ["base"] * 6 + ["aligned"] * 6
    logs = data.parent / "logs"
    assert sorted(path.name for path in (logs / "blend_mcq").iterdir()) == ["aligned", "base"]
    rows, runs = read([logs])
    assert {(row.arm, row.sample) for row in rows} == {
        (name, row.sample) for name in ("base", "aligned") for row in rows
    }
    assert len(rows) == 12
    assert [(one.arm, one.asked_as, one.model, one.url) for one in runs] == [
        (name, "plain", name, endpoint.url) for name in ("base", "aligned")
    ]
    out, card = tmp_path / "report", tmp_path / "out" / "scores.json"
    given = [str(logs), "--out", str(out), "--reference", "base", "--card", str(card), "--resamples", "199"]
    told = CliRunner().invoke(report, given)
    assert told.exit_code == 0, told.output
    scores = read_scores(card)
    assert (scores["blend_mcq / base / chosen"], scores["blend_mcq / aligned / chosen"]) == (0, 1)
    assert scores["blend_mcq / aligned against base / difference"] == 1
    text = (out / "report.md").read_text("utf-8")
    assert f"| blend_mcq | aligned | plain | aligned | {endpoint.url} |" in text
    assert "**Better than base**: aligned by +1.000" in text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--backbone", "other"], "holds a run with backbone None, not 'other'."),
        (["--url", "{url}/"], "Nothing is left to ask"),
        (["--url", "{url}/elsewhere"], "holds a run with url '{url}', not '{url}/elsewhere'."),
    ],
)
def test_another_backbone_or_endpoint_is_another_run(
    endpoint: Any, data: Path, more: list[str], said: str
) -> None:
    assert run(endpoint, data).exit_code == 0
    result = run(endpoint, data, *(one.format(url=endpoint.url) for one in more))
    assert result.exit_code == (0 if "Nothing" in said else 2)
    assert said.format(url=endpoint.url) in result.output
    assert len(endpoint.bodies) == 6


def test_another_arm_under_the_same_name_is_refused(endpoint: Any, data: Path) -> None:
    assert run(endpoint, data, "--as", "mine").exit_code == 0
    result = run(endpoint, data, "--as", "mine", arm="diverse")
    assert result.exit_code == 2
    assert "holds a run with arm 'plain', not 'diverse'" in result.output


def test_a_run_of_an_older_version_says_how_it_goes_on(endpoint: Any, data: Path) -> None:
    assert run(endpoint, data, "--limit", "3").exit_code == 0
    file = data.parent / "logs" / "blend_mcq" / "plain" / "run.json"
    known = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({name: known[name] for name in known if name not in {"as", "url"}}), "utf-8")
    result = run(endpoint, data)
    assert result.exit_code == 2
    assert "an older run, which does not say its url" in result.output
    assert f"Or, if it was '{endpoint.url}', add it to {file}." in result.output
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "url": endpoint.url}), "utf-8")
    assert "3 of 3 answered" in run(endpoint, data).output


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../out", "is no name"),
        (".hidden", "is no name"),
        ("two words", "is no name"),
        ("multiplex", "that is the name of another arm"),
    ],
)
def test_a_name_is_a_folders_and_no_other_arms(endpoint: Any, data: Path, name: str, said: str) -> None:
    result = run(endpoint, data, "--as", name)
    assert result.exit_code == 2
    assert said in result.output
    assert not (data.parent / "logs").exists()


def test_credentials_in_the_url_are_used_and_written_nowhere(endpoint: Any, data: Path) -> None:
    signed = endpoint.url.replace("http://", "http://someone:hushhush@") + "/?key=hushhush"
    result = run(endpoint, data, "--limit", "1", "--url", signed.partition("/?")[0])
    assert result.exit_code == 0, result.output
    assert endpoint.signed_in == ["Basic " + b64encode(b"someone:hushhush").decode()]
    assert "Nothing is left" in run(endpoint, data, "--limit", "1", "--url", signed).output
    folder = data.parent / "logs" / "blend_mcq" / "plain"
    (info,) = list_eval_logs(str(folder))
    assert "hushhush" not in read_eval_log(info).model_dump_json()
    told = json.loads((folder / "run.json").read_text("utf-8"))
    assert told["url"] == endpoint.url


def test_a_mode_on_a_backbone_reaches_that_backbone_through_the_service(
    backbone: ScriptedBackbone, serve_settings: Any, data: Path
) -> None:
    backbone.reply = lambda body: Reply(words=["B"])
    models = [
        {"model_name": name, "litellm_params": {"model": f"hosted_vllm/{name}", "api_base": backbone.url}}
        for name in ("base", "aligned")
    ]
    with serve_settings(settings_for(backbone.url, model_list=models)) as url:
        given = arguments(f"{url}/v1", data, arm="contextual")
        result = CliRunner().invoke(app, [*given, "--backbone", "aligned", "--as", "contextual-aligned"])
    assert result.exit_code == 0, result.output
    assert [body["model"] for body in backbone.bodies] == ["aligned"] * 6
    _, (told,) = read([data.parent / "logs"])
    assert (told.arm, told.asked_as, told.model) == ("contextual-aligned", "contextual", "aligned")


def test_the_run_says_what_it_was_in_log_and_folder(endpoint: Any, data: Path) -> None:
    run(endpoint, data, "--limit", "1", "--backbone", "scripted")
    folder = data.parent / "logs" / "blend_mcq" / "plain"
    (info,) = list_eval_logs(str(folder))
    told = read_eval_log(info).eval.metadata or {}
    assert told.items() >= json.loads((folder / "run.json").read_text("utf-8")).items()
    assert (told["arm"], told["backbone"], told["judge"]) == ("plain", "scripted", None)
    assert endpoint.bodies[0]["model"] == "scripted"
