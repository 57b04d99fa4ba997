"""Rows out of real logs of Inspect, and through scores.jsonl and back."""

import gc
import json
import math
import warnings

import pytest
from inspect_ai import Task, eval_async
from inspect_ai.dataset import Sample
from inspect_ai.log import list_eval_logs, read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import Score, mean, scorer
from inspect_ai.solver import solver

from evaluation.report.rows import Row, newest, read_rows, rows_of, write_rows
from evaluation.report.runs import Run, read, write_runs

SECRET = "What is eaten at a wedding?"


def row(sample="q1#0.0", **changes):
    question = sample.partition("#")[0]
    told = {"culture": "Spain", "language": "es", "order": 0, "phrasing": 0, "scores": {"chosen": 1.0}}
    about = {"task": "t", "arm": "plain", "question": question, "cluster": question}
    return Row(sample=sample, **{**about, **told, **changes})


class Unreachable(Exception):
    """What an arm raises."""


@solver
def answering(fails=()):
    async def solve(state, generate):
        if state.metadata["question"] in fails:
            raise Unreachable(f"no answer to {state.input_text}")
        state = await generate(state)
        state.store.set("spent", {"calls": 2, "prompt_tokens": 11, "completion_tokens": 5, "seconds": 0.5})
        state.store.set("fingerprint", "fp_7")
        return state

    return solve


@scorer(metrics=[mean()])
def chosen():
    async def score(state, target):
        said = state.output.completion
        return Score(value=float(said == target.text), metadata={"unparsed": said not in "AB"})

    return score


@scorer(metrics=[mean()])
def seldom():
    async def score(state, target):
        return Score(value=math.nan)

    return score


@scorer(metrics={"*": [mean()]})
def both():
    async def score(state, target):
        return Score(value={"one": 0.25, "verdict": "C"})

    return score


async def asked(folder, arm, questions, replies, fails=()):
    samples = [
        Sample(
            id=f"{name}#1.2",
            input=SECRET,
            target="A",
            metadata={"question": name, "cluster": "t1", "culture": "Kenya", "order": 1, "phrasing": 2},
        )
        for name in questions
    ]
    task = Task(
        dataset=samples,
        solver=answering(fails),
        scorer=[chosen(), seldom(), both()],
        name="tiny",
        metadata={"headline": "chosen", "seed": 3},
    )
    outputs = [ModelOutput.from_content("mockllm/model", reply) for reply in replies]
    for output in outputs:
        # else Inspect fetches a tokenizer to count
        output.usage = ModelUsage()
    model = get_model("mockllm/model", custom_outputs=outputs, memoize=False)
    told = {
        "metadata": {"arm": arm, "judge": "wise"},
        "fail_on_error": False,
        "max_samples": 1,
        "retry_on_error": 0,
    }
    with warnings.catch_warnings():
        # Inspect's, not ours: an old word to tenacity, and streams that it leaves to the garbage collector
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", ResourceWarning)
        await eval_async(task, model=model, log_dir=str(folder), **told)
        gc.collect()


@pytest.fixture
async def logs(tmp_path):
    """One run of which a question fails, and its resumption, which answers that one."""
    (tmp_path / "run.json").write_text("{}", "utf-8")  # evaluation.run's, no log
    await asked(tmp_path, "plain", ["q1", "q2", "q3"], ["A", "?"], fails=("q3",))
    before, _ = read([tmp_path])
    await asked(tmp_path, "plain", ["q3"], ["B"])
    assert len(list_eval_logs(str(tmp_path))) == 2
    return before, *read([tmp_path])


async def test_a_log_becomes_rows_and_a_resumed_run_counts_once(logs, tmp_path):
    before, rows, runs = logs
    first, second, third = rows
    assert first == Row(
        task="tiny",
        arm="plain",
        sample="q1#1.2",
        question="q1",
        cluster="t1",
        culture="Kenya",
        language=None,
        order=1,
        phrasing=2,
        scores={"both.one": 0.25, "both.verdict": 1.0, "chosen": 1.0, "seldom": None},
        calls=2,
        prompt_tokens=11,
        completion_tokens=5,
        seconds=0.5,
    )
    assert (second.scores["chosen"], second.unparsed, first.unparsed) == (0.0, True, False)
    failed = before[2]
    assert failed.error == "Unreachable", "the class alone: its message quotes the question"
    assert set(failed.scores.values()) == {None}
    assert set(failed.scores) == set(first.scores)
    assert (third.error, third.scores["chosen"]) == (None, 0.0)
    assert [(run.headline, run.seed, run.fingerprint, run.samples, run.arm) for run in runs] == [
        ("chosen", 3, "fp_7", 3, "plain"),
        ("chosen", 3, "fp_7", 1, "plain"),
    ]
    assert {run.judge for run in runs} == {"wise"}
    assert all(run.inspect and run.started and run.status == "success" for run in runs)
    scored = read_eval_log(list_eval_logs(str(tmp_path), descending=False)[0])
    scored.samples[0].error = scored.samples[2].error
    assert set(next(rows_of(scored)).scores.values()) == {None}, "scored, then failed: not an answer"
    write_rows([*before, *rows], tmp_path / "scores.jsonl")
    assert SECRET not in (tmp_path / "scores.jsonl").read_text("utf-8")


def test_scores_and_runs_come_back_as_they_went(tmp_path):
    rows = [
        row("b#0.0", culture="Türkiye", seconds=0.1),
        row("a#0.0", error="APIError", scores={"chosen": None}),
    ]
    runs = [Run("t", "plain", "m", headline="chosen", limit=5, seed=0)]
    write_rows(rows, tmp_path / "scores.jsonl")
    write_runs(runs, tmp_path / "runs.json")
    assert read([tmp_path]) == (rows[::-1], runs)
    again = tmp_path / "again.jsonl"
    write_rows(rows[::-1], again)
    assert again.read_bytes() == (tmp_path / "scores.jsonl").read_bytes(), (
        "sorted: the same scores, the same file"
    )
    assert {json.loads(line)["sample"] for line in again.read_text("utf-8").splitlines()} == {
        "a#0.0",
        "b#0.0",
    }


def test_a_separator_of_unicode_ends_no_line(tmp_path):
    rows = [row(f"q{at}#0.0", culture=f"two{mark}lines") for at, mark in enumerate("\u2028\u2029\x85")]
    write_rows(rows, tmp_path / "scores.jsonl")
    assert "\u2028" in (tmp_path / "scores.jsonl").read_text("utf-8"), "not escaped: else this tests nothing"
    assert list(read_rows(tmp_path / "scores.jsonl")) == rows


@pytest.mark.parametrize(
    "differing", [{"backbone": "aligned"}, {"url": "http://b/v1"}, {"asked_as": "diverse"}]
)
def test_two_contenders_of_one_name_do_not_replace_one_another(tmp_path, differing):
    told = {"asked_as": "plain", "backbone": None, "url": "http://a/v1"}
    for folder, more in (("one", {}), ("other", differing)):
        (tmp_path / folder).mkdir()
        write_rows([row()], tmp_path / folder / "scores.jsonl")
        write_runs([Run("t", "plain", "m", **{**told, **more})], tmp_path / folder / "runs.json")
    (what,) = differing
    with pytest.raises(ValueError, match=rf"on t are called plain: one with {what} .* or ask one .*--as"):
        read([tmp_path / "one", tmp_path / "other"])
    write_runs([Run("t", "plain", "m")], tmp_path / "other" / "runs.json")
    assert len(read([tmp_path / "one", tmp_path / "other"])[0]) == 1, (
        "a run that says nothing contradicts nobody"
    )


def test_the_newest_answer_wins_unless_it_failed():
    old, failed, new = row(seconds=1.0), row(error="APIError"), row(seconds=2.0)
    assert newest([[old], [new], [failed]]) == [new]
    assert newest([[failed], [old]]) == [old]
    assert newest([[failed], [row(error="TimeoutError")]])[0].error == "TimeoutError"
    assert len(newest([[old, row(arm="auto"), row(task="u")]])) == 3


def test_what_cannot_be_read_is_named(tmp_path):
    file = tmp_path / "scores.jsonl"
    write_rows([row()], file)
    file.write_text(file.read_text("utf-8") + '{"task": "t"}\n', "utf-8")
    with pytest.raises(ValueError, match=r"scores\.jsonl, line 2: arm"):
        list(read_rows(file))
    with pytest.raises(FileNotFoundError, match="nothing at"):
        read([tmp_path / "absent"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="neither a log"):
        read([tmp_path / "empty"])
    write_rows([row()], file)
    (tmp_path / "runs.json").write_text('{"task": "t"}', "utf-8")
    with pytest.raises(ValueError, match=r"runs\.json is no list of runs"):
        read([file])
