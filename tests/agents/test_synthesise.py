"""The synthesis: how many voices it needs, how it marks them, and how it fails."""

from contextlib import aclosing

import pytest

from agents import BackboneError, BackboneUnavailable, Delta, FakeModel, Finished, TooFewVoices
from agents.material import marked


async def run(pipeline, question):
    async with aclosing(pipeline.stream(question)) as events:
        return [event async for event in events]


def council(*replies, answer="Elders come first."):
    """A fake whose voices answer these, in the order of the plan, and whose synthesis answers `answer`."""
    return FakeModel(replies, answer=lambda request: answer)


async def test_enough_voices_make_an_answer(pipeline, question):
    *_, finished = await run(pipeline(council("Bow.", "", "Kiss."), min_voices=2), question())
    assert [one.status for one in finished.perspectives] == ["spoke", "silent", "spoke"]


async def test_fewer_voices_than_needed_is_an_error_that_names_the_silent(pipeline, question):
    model = council("Bow.", "", BackboneUnavailable("gone"))
    with pytest.raises(TooFewVoices, match="Only 1 of the 3 cultures") as caught:
        await run(pipeline(model, min_voices=2), question())
    assert caught.value.code == "too_few_voices"
    assert caught.value.reasons == {"KE": "it said nothing", "BR": "backbone_unavailable: gone"}
    assert [request.stage for request in model.requests] == ["perspective"] * 3, (
        "nobody is asked for an answer"
    )


async def test_one_that_spoke_is_too_few_however_alike_the_others_failed(pipeline, question):
    model = council("Bow.", BackboneUnavailable("gone"), BackboneUnavailable("gone"))
    with pytest.raises(TooFewVoices, match="2 are needed"):
        await run(pipeline(model, min_voices=2), question())


@pytest.mark.parametrize("reply", ["", " \n", "\x00\x01\x02", ["ha "] * 300])
async def test_nobody_with_a_word_of_use_is_nobody(pipeline, question, reply):
    model = council(reply, reply, reply)
    with pytest.raises(TooFewVoices) as caught:
        await run(pipeline(model), question())
    assert caught.value.code == "nobody_spoke"
    assert set(caught.value.reasons) == {"JP", "KE", "BR"}


async def test_one_culture_that_was_asked_for_is_enough_where_more_are_needed(pipeline, question):
    *_, finished = await run(pipeline(council("Bow."), min_voices=3), question(cultures=("JP",)))
    assert isinstance(finished, Finished)
    with pytest.raises(TooFewVoices, match="None of the cultures"):
        await run(pipeline(council(""), min_voices=3), question(cultures=("JP",)))


async def test_a_synthesis_that_breaks_off_is_an_error_and_no_text(pipeline, question):
    model = council("Bow.", "Shikamoo.", "Kiss.", answer=["Elders", BackboneError("it broke")])
    seen = []

    async def read():
        async with aclosing(pipeline(model).stream(question())) as events:
            async for event in events:
                seen.append(event)  # noqa: PERF401  (an error must leave what came before it)

    with pytest.raises(BackboneError, match="it broke"):
        await read()
    assert [event.delta for event in seen if isinstance(event, Delta)] == [{"content": "Elders"}]
    assert not [event for event in seen if isinstance(event, Finished)]


def test_a_nonce_within_a_nonce_makes_no_new_one(knowledge):
    """Were the nonce taken out and not replaced, what stands around it would close up to another."""
    nonce = "0123456789abcdef"
    block = marked(knowledge.prompts, nonce, "Japan", f"a {nonce[:8]}{nonce}{nonce[8:]} b")
    assert block.count(nonce) == 2
    assert block.startswith(f"<<perspective {nonce}>>\n")
    assert block.endswith(f"\n<<end {nonce}>>")
