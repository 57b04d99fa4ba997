"""What a type checker sees of the SDK: read by mypy in test_wheel.py, and run there, too."""

import asyncio
import sys
from typing import assert_type

from polylect import (
    PDS,
    Answer,
    AnswerFinished,
    AnswerStream,
    AnswerText,
    AsyncAnswerStream,
    AsyncPolylect,
    Context,
    Culture,
    Event,
    Options,
    Polylect,
    Score,
    VoiceFinished,
    VoiceSpoke,
    VoiceStarted,
)

QUESTION = "How should a child address an elder?"
OPTIONS: Options = {"cultures": ["JP", "KE"], "max_tokens": 20}


def told(event: Event) -> str:
    """The union is whole, and told apart by its types."""
    if isinstance(event, VoiceStarted):
        return event.language
    if isinstance(event, VoiceSpoke | AnswerText):
        return event.text
    if isinstance(event, VoiceFinished):
        return event.status
    assert_type(event, AnswerFinished)
    return event.answer.text


def ask(*, live: bool) -> list[str]:
    """Whole or streamed, by the value of `stream`."""
    with Polylect().with_options(timeout=20) as client:
        assert_type(client, Polylect)
        answer = client.council(QUESTION, **OPTIONS)
        assert_type(answer, Answer)
        assert_type(answer.pds, PDS | None)
        assert_type(client.steer(QUESTION, mode="direct"), Answer)
        assert_type(client.detect(QUESTION), Context)
        assert_type(client.score(QUESTION), Score)
        assert_type(client.cultures(), list[Culture])
        either = client.steer([{"role": "user", "content": QUESTION}], mode="multiplex", stream=live)
        assert_type(either, Answer | AnswerStream)
        if isinstance(either, Answer):
            return [either.text]
        with client.council(QUESTION, debate=True, stream=True, **OPTIONS) as stream:
            assert_type(stream, AnswerStream)
            return [told(event) for event in stream]


async def ask_async() -> list[str]:
    """The same, as coroutines."""
    async with AsyncPolylect() as client:
        assert_type(client.copy(), AsyncPolylect)
        assert_type(await client.steer(QUESTION, stream=False), Answer)
        async with await client.council(QUESTION, stream=True, **OPTIONS) as stream:
            assert_type(stream, AsyncAnswerStream)
            return [told(event) async for event in stream]


def wrong(client: Polylect) -> None:
    """Mistakes that a type checker finds: an ignored one that is none would be reported."""
    client.steer(QUESTION, mode="multiplexed")  # type: ignore[call-overload]
    client.council(QUESTION, temprature=1)  # type: ignore[call-overload]
    client.detect(3)  # type: ignore[arg-type]


if __name__ == "__main__":
    assert ask(live=True)[-1] == asyncio.run(ask_async())[-1]
    sys.stdout.write(ask(live=False)[0] + "\n")
