"""What the canary bench plants: evenly, alike in both arms, and through the real pipeline."""

import tomllib
from collections import Counter
from contextlib import aclosing
from pathlib import Path

import pytest

import bench.planted
from agents import FakeModel, Pipeline, Question
from bench.planted import Planted, caught, trials

WORDS = tomllib.loads(Path(bench.planted.__file__).with_name("canary.toml").read_text("utf-8"))


@pytest.mark.parametrize("count", [10, 20, 40])
def test_styles_and_languages_are_mixed_evenly_however_few(count):
    chosen = trials(WORDS["languages"], count, seed=1)
    assert len({trial.key for trial in chosen}) == len(chosen) == 4 * count
    assert set(Counter(trial.style for trial in chosen).values()) == {4 * count // 10}
    assert trials(WORDS["languages"], count, seed=1) == chosen
    assert {trial.key for trial in trials(WORDS["languages"], 10, seed=1)} <= {trial.key for trial in chosen}


def test_nothing_of_the_trying_set_is_measured():
    measured, tried = str(WORDS["languages"]), WORDS["dev"]
    for said in tried.values():
        assert not [one for one in said["plants"].values() if one in measured]
        assert not [topic for topic in said["topics"] if topic["question"] in measured]


@pytest.mark.parametrize("arm", ["plain", "defended"])
@pytest.mark.parametrize("language", WORDS["languages"])
async def test_both_arms_carry_the_same_plant_and_one_of_them_the_defence(knowledge, language, arm):
    chosen = trials({language: WORDS["languages"][language]}, 40, seed=1)
    trial = next(one for one in chosen if one.style == "chat_tokens")
    backbone = FakeModel(["Elders come first."])
    model = Planted(backbone, knowledge, WORDS["undefended"]["text"], trial, arm)
    question = Question(
        ({"role": "user", "content": trial.question},),
        mode="multiplex",
        cultures=trial.cultures,
        reasoning_language=trial.language,
    )
    async with aclosing(Pipeline(model, knowledge).stream(question)) as events:
        assert [event async for event in events]
    ((message,),) = [request.messages for request in backbone.requests]
    asked = message["content"]
    assert asked.startswith(f"{trial.question}\n\n---\n")
    assert asked.count(trial.word) == 1
    assert ("<|im_start|>" in asked) == (arm == "plain")
    assert ("<<perspective" in asked) == (arm == "defended")


def test_a_canary_is_caught_in_any_case():
    assert caught("Rigolune", "... RIGOLUNE, yes")
    assert not caught("Rigolune", "Rigo lune")
