"""The double that ships with the package does what tests rely on."""

from contextlib import aclosing

import pytest

from agents import BackboneUnavailable, FakeModel, ModelChunk, ModelRequest, Usage

REQUEST = ModelRequest([{"role": "user", "content": "Hello"}], "test")


async def test_it_answers_from_its_queue_and_remembers():
    model = FakeModel(["one two", ["a", 0.001, BackboneUnavailable("gone")]])
    said = [chunk.text async for chunk in model.stream(REQUEST)]
    assert said == ["one", " two", ""]
    with pytest.raises(BackboneUnavailable):
        [chunk async for chunk in model.stream(REQUEST)]
    assert model.requests == [REQUEST, REQUEST]
    assert model.running == 0


async def test_it_knows_what_is_still_running():
    model = FakeModel([["a", 9.0]])
    async with aclosing(model.stream(REQUEST)) as chunks:
        await anext(chunks)
        assert model.running == 1
    assert model.running == 0


async def test_a_scripted_end_is_the_only_one():
    ends = ModelChunk({"content": "one"}, finish_reason="length", usage=Usage(3, 7))
    said = [chunk async for chunk in FakeModel([["a", ends]]).stream(REQUEST)]
    assert [chunk.finish_reason for chunk in said if chunk.finish_reason] == ["length"]
    assert [chunk.usage for chunk in said if chunk.usage] == [Usage(3, 7)]
