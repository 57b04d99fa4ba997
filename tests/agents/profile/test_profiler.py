"""Concurrent, bounded, resumable; a backbone that is gone ends it with what was measured kept."""

import asyncio

import pytest

from agents.errors import BackboneUnavailable
from agents.fake_model import FakeModel
from agents.profile.profiler import (
    GIVE_UP,
    NoPrompt,
    ProfileStopped,
    check_languages,
    cost,
    left_to_do,
    made_here,
    record,
)
from agents.profile.trial_log import TrialLog


@pytest.fixture
def log(folder):
    return TrialLog(folder / "trials.jsonl", {"model": "tiny"})


def recorded(trials, left, log, at_once):
    return record(made_here(trials, left, at_once=at_once), len(left), log)


async def run(trials, left, log, *, at_once=4):
    return [one async for one in recorded(trials, left, log, at_once)]


async def test_every_question_in_every_language(trials, questions, log):
    left = left_to_do(questions[:5], ("en", "sw"), log)
    steps = await run(trials(FakeModel(answer=lambda _: "A")), left, log)
    assert [one.done for one in steps] == list(range(1, 11))
    assert set(log.read()) == {(one.id, language) for one in questions[:5] for language in ("en", "sw")}
    assert left_to_do(questions[:5], ("en", "sw"), log) == []


async def test_an_interrupted_profile_goes_on(trials, questions, log):
    left = left_to_do(questions[:6], ("en", "sw"), log)
    running = recorded(trials(FakeModel(answer=lambda _: "A")), left, log, 2)
    async for step in running:
        if step.done == 5:
            break
    await running.aclose()
    again = left_to_do(questions[:6], ("en", "sw"), log)
    assert len(again) == 7
    model = FakeModel(answer=lambda _: "A")
    await run(trials(model), again, log)
    assert len(model.requests) == 7
    assert len(log.read()) == 12


async def test_another_language_later_asks_for_that_alone(trials, questions, log):
    await run(trials(FakeModel(answer=lambda _: "A")), left_to_do(questions[:3], ("en",), log), log)
    assert [language for _, language in left_to_do(questions[:3], ("en", "sw"), log)] == ["sw"] * 3


async def test_only_so_many_at_once(trials, questions, log):
    most = 0

    def answer(_):
        nonlocal most
        most = max(most, model.running + 1)
        return [0.005, "A"]

    model = FakeModel(answer=answer)
    await run(trials(model), left_to_do(questions[:8], ("en",), log), log, at_once=3)
    assert most == 3


async def test_a_failed_trial_is_counted_and_made_again(trials, questions, log):
    replies = [BackboneUnavailable("it fell over"), "A", "A", "A"]
    steps = await run(trials(FakeModel(replies)), left_to_do(questions[:4], ("en",), log), log, at_once=1)
    assert (steps[-1].done, steps[-1].failed) == (3, 1)
    assert [one.id for one, _ in left_to_do(questions[:4], ("en",), log)] == [questions[0].id]


async def test_a_dead_backbone_ends_it(trials, questions, log):
    model = FakeModel(answer=lambda _: BackboneUnavailable("nobody listens"))
    with pytest.raises(ProfileStopped, match="10 trials in a row failed: nobody listens"):
        await run(trials(model), left_to_do(questions, ("en",), log), log, at_once=1)
    assert len(model.requests) <= GIVE_UP + 2


async def test_closing_ends_the_calls(trials, questions, log):
    model = FakeModel(answer=lambda _: ["A", 60.0])
    running = recorded(trials(model), left_to_do(questions, ("en",), log), log, 3)
    waiting = asyncio.ensure_future(anext(running))
    await asyncio.sleep(0.05)
    assert model.running == 3
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await running.aclose()
    assert model.running == 0


async def test_our_own_fault_is_not_waited_for(trials, questions, log):
    model = FakeModel(answer=lambda _: ZeroDivisionError("ours"))
    with pytest.raises(ZeroDivisionError):
        await run(trials(model), left_to_do(questions, ("en",), log), log)


def test_languages_come_with_english_first_and_need_a_prompt(prompts):
    assert check_languages(prompts, ["sw", "en", "sw"]) == ("en", "sw")
    with pytest.raises(NoPrompt, match="No prompt asks to reason in 'tlh'"):
        check_languages(prompts, ["tlh"])


def test_the_cost_is_told_before(questions, prompts, log):
    left = left_to_do(questions, ("en", "sw"), log)
    plain, thought = cost(left, prompts, 0), cost(left, prompts, 64)
    assert (plain.trials, plain.calls, thought.calls) == (240, 240, 480)
    assert thought.completion_tokens == 240 * 72
    assert thought.prompt_tokens > 2 * plain.prompt_tokens
