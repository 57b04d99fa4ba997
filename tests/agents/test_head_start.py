"""The head start of a round's first voice: who waits, for what, and never for ever."""

import asyncio
import time
from contextlib import aclosing

import pytest

from agents import BackboneUnavailable, FakeModel
from agents.head_start import HeadStart


async def run(pipeline, question):
    async with aclosing(pipeline.stream(question)) as events:
        return [event async for event in events]


async def test_others_wait_for_the_first_word_or_the_end_or_the_time():
    start = HeadStart(5.0)
    waiting = asyncio.create_task(start.wait())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    start.spoken()
    await waiting
    began = time.monotonic()
    await HeadStart(0.05).wait()
    await HeadStart(0.0).wait()
    assert 0.04 < time.monotonic() - began < 1.0


@pytest.mark.parametrize("mode", ["multiplex", "debate"])
async def test_the_first_voice_is_asked_alone_until_it_speaks(pipeline, question, mode):
    running = {}

    def answer(request):
        if request.stage in {"perspective", "debate"}:
            running.setdefault(request.stage, []).append(model.running)
        return [0.05, "View: Elders ", "first."]

    model = FakeModel(answer=answer)
    await run(pipeline(model, head_start=5.0), question(mode=mode))
    # The first call is asked while nothing runs; the others come when it is under way.
    assert all(counts[0] == 0 and counts[1] >= 1 for counts in running.values())
    assert len(running) == (2 if mode == "debate" else 1)


async def test_without_a_head_start_all_are_asked_at_once(pipeline, question):
    running = []

    def answer(request):
        running.append((request.stage, model.running))
        return [0.2, "Elders first."]

    model = FakeModel(answer=answer)
    await run(pipeline(model), question())
    assert running == [*(("perspective", others) for others in range(3)), ("synthesise", 0)]


async def test_a_first_voice_that_fails_holds_nobody_up(pipeline, question):
    def answer(request):
        return BackboneUnavailable("gone") if request.agent == "JP" else "Elders first."

    began = time.monotonic()
    events = await run(pipeline(FakeModel(answer=answer), head_start=20.0), question())
    assert time.monotonic() - began < 5
    assert [one.status for one in events[-1].perspectives] == ["silent", "spoke", "spoke"]
