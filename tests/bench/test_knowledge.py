"""The arms of the knowledge bench, on planted knowledge and on none."""

import httpx
import numpy as np
import pytest

pytest.importorskip("sklearn", reason="profiling needs the extra `profile`")

from agents.profile import Calibration, Trial, Ways
from bench import knowledge
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
    trials = made(questions, lambda one, tag: knowledge.half_of(one.group) == 0 and tag == "zh")
    routes = fitted(questions, trials, vectors)["lsk_ours"]
    for one, route in zip(questions, routes, strict=True):
        assert route == ("en" if knowledge.half_of(one.group) == 0 else "zh")


async def test_merges_read_the_drafts_and_are_asked_once(questions, tmp_path):
    trials = made(questions[:4], planted)
    asked = []

    def answer(request):
        content = request.read().decode()
        asked.append(content)
        return httpx.Response(200, json={"choices": [{"message": {"content": "A"}}]})

    def open_bench():
        return knowledge.Backbone(
            "http://backbone/v1",
            "tiny",
            TOLD,
            tmp_path / "asked.jsonl",
            transport=httpx.MockTransport(answer),
        )

    found = await knowledge.merged(questions[:4], trials, ["zh", "zh", "en", "en"], open_bench(), 2)
    assert (
        len(asked) == 4 + 4 + 2
    )  # a second English sample, the control, and where the map goes elsewhere ours
    assert found["merge_ours"][2:] == found["merge_english"][2:]
    ours = next(one for one in asked if "zh thought" in one)
    assert "Reasoned in Chinese" in ours
    assert "en thought" in ours
    again = await knowledge.merged(questions[:4], trials, ["zh", "zh", "en", "en"], open_bench(), 2)
    assert again == found
    assert len(asked) == 10


def test_rows_are_those_of_the_report(questions):
    (row, *_) = knowledge.rows(questions[:1], {"plain": [1.0]})
    assert Row(**row).scores == {"chosen": 1.0}
    assert (row["arm"], row["cluster"], row["culture"]) == ("plain", "x0", "CN")
