"""A whole answer is its stream, folded."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from agents import (
    ChoiceFinished,
    Delta,
    Event,
    FakeModel,
    Finished,
    Knowledge,
    Limits,
    Pipeline,
    Question,
    Usage,
)
from service.completion import Completion

SAID: list[dict[str, Any]] = [
    {"reasoning": "First"},
    {"reasoning": ", the elders.", "reasoning_content": "Hm"},
    {"reasoning_content": "."},
    {"content": "The elders"},
    {"content": " eat first.", "refusal": "No"},
    {"refusal": " more."},
]


@pytest.fixture(scope="module")
def completion(knowledge: Knowledge) -> Completion:
    question = Question(({"role": "user", "content": "Who eats first?"},), mode="direct")
    plan = Pipeline(FakeModel(), knowledge, Limits()).plan(question)
    return Completion("polylect/direct", plan, "fp_0")


async def events(said: list[dict[str, Any]]) -> AsyncGenerator[Event, None]:
    for delta in said:
        yield Delta(0, delta)
    yield ChoiceFinished(0, "stop")
    yield Finished((), Usage(1, 1))


async def folded(frames: AsyncGenerator[bytes, None]) -> dict[str, Any]:
    """The texts of a stream's deltas, joined by their names."""
    text = b"".join([frame async for frame in frames]).decode()
    message: dict[str, Any] = {}
    for line in text.split("\n\n")[:-2]:
        for choice in json.loads(line.removeprefix("data: "))["choices"]:
            for name, piece in choice["delta"].items():
                message[name] = message.get(name, "") + piece
    return message


@pytest.mark.parametrize("said", [SAID, SAID[:1] + SAID[3:4], SAID[1:4], SAID[3:]])
async def test_thoughts_are_kept_by_the_name_that_the_backbone_gives_them(completion, said):
    whole = await completion.whole(events(said))
    message = {name: text for name, text in whole["choices"][0]["message"].items() if text is not None}
    assert message == await folded(completion.frames(events(said)))


async def test_without_thoughts_there_is_no_word_of_them(completion):
    whole = await completion.whole(events(SAID[3:4]))
    assert set(whole["choices"][0]["message"]) == {"role", "content", "refusal"}
