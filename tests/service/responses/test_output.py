"""Answers out of rarer deltas: reasoning of the backbone's own, refusals, log-probabilities."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from agents import (
    ChoiceFinished,
    Delta,
    Event,
    Finished,
    Knowledge,
    Pipeline,
    Plan,
    Question,
    Usage,
)
from agents import FakeModel as Fake
from service.responses.stream import Answer
from service.responses.wire import read_responses_request

EVENT = TypeAdapter(ResponseStreamEvent)
WIRE = read_responses_request(b'{"model": "polylect/direct", "input": "Hello"}')
LOGPROB = {
    "token": "No",
    "logprob": -0.5,
    "bytes": None,
    "top_logprobs": [{"token": "No", "logprob": -0.5, "bytes": None}],
}


@pytest.fixture(scope="module")
def plan(knowledge: Knowledge) -> Plan:
    question = Question(({"role": "user", "content": "Hello"},), mode="direct")
    return Pipeline(Fake(), knowledge).plan(question)


async def run(*deltas: dict[str, Any], logprobs: Any = None) -> AsyncGenerator[Event, None]:
    for delta in deltas:
        yield Delta(0, delta, logprobs)
    yield ChoiceFinished(0, "stop")
    yield Finished((), Usage(3, 2))


async def told(plan: Plan, *deltas: dict[str, Any], logprobs: Any = None) -> list[dict[str, Any]]:
    frames = [frame async for frame in Answer(WIRE, plan).frames(run(*deltas, logprobs=logprobs))]
    data = [line for line in b"".join(frames).decode().split("\n") if line.startswith("data: ")]
    events = [json.loads(line.removeprefix("data: ")) for line in data]
    for event in events:
        EVENT.validate_python(event)
    return events


async def test_the_backbones_own_reasoning_is_an_item_before_the_message(plan):
    deltas = [{"reasoning_content": "Hm"}, {"reasoning": "m."}, {"content": "Yes."}]
    events = await told(plan, *deltas)
    thought, written = events[-1]["response"]["output"]
    assert thought["content"] == [{"type": "reasoning_text", "text": "Hmm."}]
    assert (thought["summary"], thought["status"]) == ([], "completed")
    assert written["content"][0]["text"] == "Yes."
    kinds = [event["type"] for event in events]
    assert kinds.index("response.reasoning_text.done") < kinds.index("response.output_text.delta")


async def test_a_refusal_is_a_part_of_its_own(plan):
    events = await told(plan, {"content": "Well, "}, {"refusal": "no."})
    parts = events[-1]["response"]["output"][0]["content"]
    assert [part["type"] for part in parts] == ["output_text", "refusal"]
    assert parts[1]["refusal"] == "no."
    done = next(event for event in events if event["type"] == "response.refusal.done")
    assert (done["content_index"], done["refusal"]) == (1, "no.")


async def test_log_probabilities_are_in_deltas_and_in_the_end(plan):
    events = await told(plan, {"content": "No"}, logprobs={"content": [LOGPROB]})
    expected = [{**LOGPROB, "bytes": [], "top_logprobs": [{"token": "No", "logprob": -0.5, "bytes": []}]}]
    assert events[-1]["response"]["output"][0]["content"][0]["logprobs"] == expected
    assert [one["logprobs"] for one in events if one["type"] == "response.output_text.delta"] == [expected]


async def test_words_after_a_call_are_another_message(plan):
    call = {"index": 0, "id": "call_1", "function": {"name": "f", "arguments": "{}"}}
    deltas = [{"content": "Let me see."}, {"tool_calls": [call]}, {"content": "There."}]
    whole = await Answer(WIRE, plan).whole(run(*deltas))
    Response.model_validate(whole)
    assert [item["type"] for item in whole["output"]] == ["message", "function_call", "message"]
    assert {item["status"] for item in whole["output"]} == {"completed"}


async def test_stream_and_whole_say_the_same(plan):
    deltas = [{"reasoning_content": "Hm."}, {"content": "Ye"}, {"content": "s."}]
    whole = await Answer(WIRE, plan).whole(run(*deltas))
    streamed = (await told(plan, *deltas))[-1]["response"]
    for answer in (whole, streamed):
        for item in answer["output"]:
            item.pop("id")
    apart = {"id", "created_at", "completed_at"}
    assert {name: whole[name] for name in whole.keys() - apart} == {
        name: streamed[name] for name in streamed.keys() - apart
    }
