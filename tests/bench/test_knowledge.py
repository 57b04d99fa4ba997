"""The arms of the knowledge bench, on planted knowledge and on none."""

import json
import sys

import httpx
import numpy as np
import pytest

pytest.importorskip("sklearn", reason="profiling needs the extra `profile`")

from agents.profile import Calibration, Trial, TrialLog, Ways
from bench import knowledge
from bench.knowledge_calls import Backbone, measured
from bench.row_log import BadRows, RowLog
from evaluation.report.rows import Row

TOLD = {
    "model": "tiny",
    "questions": "q",
    "prompts": "p",
    "reasoned": True,
    "tokens": 8,
    "embedder": "e",
    "seed": 1,
}
TRIED = ["en", "zh", "ar"]


@pytest.fixture
def questions():
    """Two subjects, sixty groups each; Chinese and Egyptian questions in turn."""
    return [
        Calibration(f"{subject}{at}", "?", ("a", "b"), 0, f"{subject}{at}", ("CN", "EG")[at % 2])
        for subject in "xy"
        for at in range(60)
    ]


@pytest.fixture
def vectors(questions):
    return np.asarray([[1, 0] if one.id[0] == "x" else [0, 1] for one in questions], dtype=np.float32)


def made(questions, right):
    return {
        (one.id, tag): Trial(one.id, tag, right(one, tag), 0, None, "letter", tag, 8, f"{tag} thought")
        for one in questions
        for tag in TRIED
    }


def planted(one, tag):
    """x is known in Chinese alone, y in English alone."""
    return tag == ("zh" if one.id[0] == "x" else "en")


def fitted(questions, trials, vectors):
    return knowledge.cross_fitted(questions, trials, vectors, TRIED, TOLD, Ways(minimum=20, clusters=2))


def test_planted_knowledge_is_routed_to(questions, vectors):
    trials = made(questions, planted)
    routes = fitted(questions, trials, vectors)
    expected = ["zh" if one.id[0] == "x" else "en" for one in questions]
    assert routes == {"lsk_argmax": expected, "lsk_ours": expected}
    arms = knowledge.offline(questions, trials, TRIED, routes, seed=1)
    assert {name: np.mean(right) for name, right in arms.items() if name != "placebo"} == {
        "plain": 0.5, "own": 0.25, "lsk_argmax": 1, "lsk_ours": 1, "oracle": 1
    }  # fmt: skip
    assert 0.2 < np.mean(arms["placebo"]) < 0.5


def test_on_noise_the_published_rule_routes_and_ours_does_not(questions, vectors):
    draw = np.random.default_rng(2)
    trials = made(questions, lambda *_: bool(draw.random() < 0.4))
    routes = fitted(questions, trials, vectors)
    assert set(routes["lsk_ours"]) == {"en"}
    assert set(routes["lsk_argmax"]) != {"en"}
    chance = knowledge.oracle_by_chance(questions, trials, TRIED)
    arms = knowledge.offline(questions, trials, TRIED, routes, seed=1)
    assert chance == pytest.approx(np.mean(arms["oracle"]), abs=0.1)


def test_nobody_is_routed_by_its_own_group(questions, vectors):
    """Every group's answers are known in Chinese on one side of the split alone: the other side gains."""
    trials = made(questions, lambda one, tag: knowledge.side_of(one) == 0 and tag == "zh")
    routes = fitted(questions, trials, vectors)["lsk_ours"]
    for one, route in zip(questions, routes, strict=True):
        assert route == ("en" if knowledge.side_of(one) == 0 else "zh")


def saying(words):
    return lambda _: httpx.Response(200, json={"choices": [{"message": {"content": words}}]})


def opened(folder, questions, trials, answer, *, url="http://backbone/v1", model="tiny", told=TOLD):
    about = measured(url, model, told, questions, trials)
    log = RowLog(folder / "asked.jsonl", about, option="--out")
    return Backbone(url, model, told, log, transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("model", {"model": "big"}),
        ("url", {"url": "http://other/v1"}),
        ("seed", {"told": {**TOLD, "seed": 2}}),
        ("tokens", {"told": {**TOLD, "tokens": 9}}),
        ("questions", {"questions": [Calibration("x0", "Another?", ("a", "b"), 0, "x0", "CN")]}),
        ("trials", {"trials": {("x0", "en"): Trial("x0", "en", True, 0, None, "letter", "en", 8, "new")}}),
    ],
)
async def test_what_another_measurement_answered_is_refused(questions, tmp_path, what, other):
    same = {"questions": questions[:1], "trials": made(questions[:1], planted), "answer": saying("A")}
    await opened(tmp_path, **same).think_again(questions[0])
    assert opened(tmp_path, **same), "the same goes on"
    with pytest.raises(BadRows, match=rf"measured with {what} .* and now it is .*Name another --out"):
        opened(tmp_path, **{**same, **other})


async def test_words_with_a_separator_of_unicode_are_one_answer(questions, tmp_path):
    trials = made(questions[:1], planted)
    words = "one\u2028two\u2029three\x85four"
    assert await opened(tmp_path, questions[:1], trials, saying(words)).think_again(questions[0]) == words
    again = opened(tmp_path, questions[:1], trials, saying("asked again"))
    assert await again.think_again(questions[0]) == words


def test_trials_are_read_with_what_they_were_made_with(tmp_path):
    log = TrialLog(tmp_path / "trials.jsonl", TOLD)
    one = Trial("x0", "en", True, 0, None, "letter", "en", 8, "first\u2028second")
    log.add(one)
    log.close()
    assert knowledge.read_trials(log.path) == (TOLD, {("x0", "en"): one})


def test_the_command_refuses_answers_that_say_nothing_of_themselves(questions, tmp_path, monkeypatch):
    asks = [{"id": one.id, "question": one.text, "options": one.options, "answer": 0} for one in questions]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(one) + "\n" for one in asks), "utf-8")
    log = TrialLog(tmp_path / "trials.jsonl", TOLD)
    for trial in made(questions, planted).values():
        log.add(trial)
    log.close()
    (tmp_path / "asked.jsonl").write_text('{"key": "again x0", "answer": {}}\n', "utf-8")
    given = ["--questions", tmp_path / "q.jsonl", "--trials", log.path, "--out", tmp_path]
    given += ["--url", "http://127.0.0.1:9/v1", "--model", "tiny"]
    monkeypatch.setattr(sys, "argv", ["knowledge.py", *map(str, given)])
    with pytest.raises(SystemExit) as ended:
        knowledge.main()
    said = str(ended.value)
    assert "asked.jsonl: its first line does not say what was measured. Name another --out" in said
    first = said.partition("put this line before all others: ")[2]
    kept = (tmp_path / "asked.jsonl").read_text("utf-8")
    about = json.loads(first)["measured"]
    (tmp_path / "asked.jsonl").write_text(f"{first}\n{kept}", "utf-8")
    assert RowLog(tmp_path / "asked.jsonl", about, option="--out").read() == [json.loads(kept)]


async def test_merges_read_the_drafts_and_are_asked_once(questions, tmp_path):
    trials = made(questions[:4], planted)
    asked = []

    def answer(request):
        content = request.read().decode()
        asked.append(content)
        return httpx.Response(200, json={"choices": [{"message": {"content": "A"}}]})

    def open_bench():
        return opened(tmp_path, questions[:4], trials, answer)

    routes = {"merge_ours": ["zh", "zh", "en", "en"], "merge_own": ["zh", "ar", "zh", "ar"]}
    found = await knowledge.asked(questions[:4], trials, routes, TRIED, open_bench(), 2)
    # Of each a second English sample, a language picked, and the control; of six merges with another language
    # one serves both arms.
    assert len(asked) == 4 + 4 + 4 + 5
    assert found["merge_ours"][2:] == found["merge_english"][2:]
    ours = next(one for one in asked if "zh thought" in one)
    assert "Reasoned in Chinese" in ours
    assert "en thought" in ours
    assert await knowledge.asked(questions[:4], trials, routes, TRIED, open_bench(), 2) == found
    assert len(asked) == 17


async def test_the_model_picks_from_a_shuffled_list(questions, tmp_path):
    """Always the letter A: not always the same language, and never one that was not tried."""
    backbone = opened(tmp_path, questions, made(questions, planted), saying("A"))
    picked = [await backbone.pick_language(one, TRIED) for one in questions[:20]]
    assert set(picked) == set(TRIED)


def test_rows_are_those_of_the_report(questions):
    (row, *_) = knowledge.rows(questions[:1], {"plain": [1.0]})
    assert Row(**row).scores == {"chosen": 1.0}
    assert (row["arm"], row["cluster"], row["culture"]) == ("plain", "x0", "CN")
