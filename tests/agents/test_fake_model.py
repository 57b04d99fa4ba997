"""The double that ships with the package does what tests rely on."""

from contextlib import aclosing

import pytest

from agents import BackboneUnavailable, FakeModel, ModelRequest

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
