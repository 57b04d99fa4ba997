"""The parameters of the call that writes the answer, and what of its deltas is passed on."""

from contextlib import aclosing

import pytest

from agents import Delta, FakeModel, ModelChunk
from agents.final_request import without_thoughts


async def asked(pipeline, question, **parameters):
    """What the final call of a contextual answer is asked with."""
    model = FakeModel()
    run = pipeline(model, answer_tokens=99).stream(question(mode="contextual", parameters=parameters))
    async with aclosing(run) as events:
        [event async for event in events]
    return model.requests[-1].parameters


@pytest.mark.parametrize(
    ("parameters", "bound"),
    [
        ({}, {"max_tokens": 99}),
        ({"max_tokens": 50}, {"max_tokens": 50}),
        ({"max_completion_tokens": 60}, {"max_completion_tokens": 60}),
        ({"max_tokens": 50, "max_completion_tokens": 60}, {"max_completion_tokens": 60}),
        ({"max_tokens": None}, {"max_tokens": 99}),
        ({"max_completion_tokens": None}, {"max_tokens": 99}),
        ({"max_tokens": 50, "max_completion_tokens": None}, {"max_tokens": 50}),
        ({"max_tokens": None, "max_completion_tokens": 60}, {"max_completion_tokens": 60}),
        ({"stop": None}, {"stop": None, "max_tokens": 99}),
    ],
)
async def test_null_is_no_bound(pipeline, question, parameters, bound):
    assert await asked(pipeline, question, **parameters) == bound


@pytest.mark.parametrize("guard", [True, False])
@pytest.mark.parametrize(
    "thought", [{"reasoning_content": "Every one of them lies."}, {"reasoning": "Every one of them lies."}]
)
async def test_what_a_reasoning_backbone_thinks_is_passed_on_in_direct_alone(
    pipeline, question, thought, guard
):
    call = {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]}
    script = [ModelChunk({"role": "assistant", **thought}), ModelChunk(thought), ModelChunk(call)]

    async def shown(**more):
        run = pipeline(FakeModel(answer=lambda _: script), guard=guard).stream(question(**more))
        async with aclosing(run) as events:
            return [event.delta async for event in events if isinstance(event, Delta)]

    steered = await shown(mode="contextual")
    assert {name for delta in steered for name in delta} == {"role", "tool_calls"}
    assert await shown(mode="direct", cultures=()) == [chunk.delta for chunk in script]


def test_a_thoughts_probabilities_go_with_it():
    logprobs = {"content": [{"token": "Hm"}]}
    assert without_thoughts(ModelChunk({"reasoning": "Hm"}, logprobs=logprobs)) == ModelChunk()
    said = ModelChunk({"content": "Hm"}, logprobs=logprobs)
    assert without_thoughts(said) is said
