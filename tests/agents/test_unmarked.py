"""Marks that a model copied out of its prompt are no part of what it says, however its stream is cut."""

import asyncio
import re
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import BackboneError, Delta, FakeModel, ModelChunk, ModelRequest, PerspectiveFinished
from agents.unmarked import unmarked

NONCE = "0123456789abcdef"
COPIED = [
    (f"<<perspective {NONCE}>>\nElders first.", "Elders first."),
    (f"<<perspective {NONCE}>>\nCulture: Côte d’Ivoire\n\nElders first.\n<<end {NONCE}>>", "Elders first.\n"),
    (f"<<draft {NONCE}>>\nReasoned in Korean\n\nElders first.", "Elders first."),
    (f"Elders first.\n<<end {NONCE}>>\n<<perspective {NONCE}>>\nThen guests.", "Elders first.\nThen guests."),
    ("<<end 01234>> Elders first.", " Elders first."),
    ("<<perspective NONCE>\nElders first.", "Elders first."),
    (f"<<perspective {NONCE}\nElders first.", "Elders first."),
    (f"Elders <<end {NONCE}>>first.", "Elders first."),
]
KEPT = [
    "std::cout << endl << perspective;",
    "cat <<end\nElders first.",  # a mark has two words
    "a << 2 and b <",
    "<<",
    "<<end of the world",
    "Culture: Japan\nReasoned in Korean\n",
    "«perspective 1», ‹‹end››, [end 0123]",
    "x <<end " + "0" * 60 + ">>",
]


async def said(pieces):
    """What comes out of these pieces, and the model that said them."""
    model = FakeModel([pieces])
    request = ModelRequest([], "synthesise")
    async with aclosing(unmarked(model.stream(request))) as chunks:
        seen = [chunk async for chunk in chunks]
    assert model.running == 0
    return seen


def text_of(chunks):
    return "".join(chunk.text for chunk in chunks)


@pytest.mark.parametrize(("copied", "left"), COPIED)
async def test_marks_are_taken_out_at_once_and_letter_by_letter(copied, left):
    assert text_of(await said([copied])) == left
    assert text_of(await said(list(copied))) == left


@pytest.mark.parametrize("text", KEPT)
async def test_what_is_no_mark_stays(text):
    assert text_of(await said([text])) == text
    assert text_of(await said(list(text))) == text


@given(
    st.lists(st.sampled_from([*(copied for copied, _ in COPIED), *KEPT, "Elders. ", "<", "\n"]), max_size=6),
    st.lists(st.integers(1, 40), min_size=1, max_size=30),
)
async def test_how_it_is_cut_makes_no_difference(parts, cuts):
    text, pieces, at = "".join(parts), [], 0
    while at < len(text):
        step = cuts[len(pieces) % len(cuts)]
        pieces.append(text[at : at + step])
        at += step
    assert text_of(await said(pieces)) == text_of(await said([text]))


async def test_only_what_may_begin_a_mark_waits():
    model = FakeModel([["Elders ", "come <", "<", "en", 60.0]])
    async with asyncio.timeout(5), aclosing(unmarked(model.stream(ModelRequest([], "merge")))) as chunks:
        assert (await anext(chunks)).text == "Elders "
    assert model.running == 0, "closing it closes the call"


async def test_chunks_without_a_mark_are_the_same_objects():
    chunks = [
        ModelChunk({"role": "assistant", "content": ""}),
        ModelChunk({"content": "a <"}, logprobs={"content": [{"token": "a <"}]}),
        ModelChunk({"content": "< b"}, logprobs={"content": [{"token": "< b"}]}),
        ModelChunk({"tool_calls": [{"index": 0}]}),
    ]
    seen = await said(chunks)
    assert all(one is other for one, other in zip(seen, chunks, strict=False))


async def test_of_a_cut_chunk_the_rest_comes_without_probabilities():
    mark = f"<<end {NONCE}>>\n"
    inside = ModelChunk({"content": mark}, logprobs={"content": [{"token": mark}]})
    edge = ModelChunk({"content": f"{mark}Elders", "role": "assistant"}, "stop", {"content": []})
    seen = await said([inside, edge])
    assert seen[0] == ModelChunk({"content": "Elders", "role": "assistant"}, "stop")


async def test_what_waits_is_not_lost_when_the_backbone_fails():
    model = FakeModel([["Elders <", "<per", BackboneError("gone")]])
    seen = []

    async def read():
        async with aclosing(unmarked(model.stream(ModelRequest([], "synthesise")))) as chunks:
            async for chunk in chunks:
                seen.append(chunk.text)  # noqa: PERF401  (an error must leave what came before it)

    with pytest.raises(BackboneError, match="gone"):
        await read()
    assert "".join(seen) == "Elders <<per"


def copied(request):
    """The first block of the material in a prompt, with the marks that the prompt itself has."""
    prompt = request.messages[-1]["content"]
    begins = re.search(r"^<<(?!end)", prompt, re.MULTILINE).start()
    ends = prompt.index("\n<<end", begins)
    return prompt[begins : prompt.index(">>", ends) + 2]


@pytest.mark.parametrize("guard", [True, False])
@pytest.mark.parametrize(("mode", "stage"), [("multiplex", "synthesise"), ("expert", "merge")])
async def test_an_answer_that_copies_its_material_shows_no_marks(pipeline, question, guard, mode, stage):
    model = FakeModel(answer=lambda one: copied(one) if one.stage == stage else "Elders first.")
    asked = question(mode=mode, cultures=("JP",) if mode == "expert" else ("JP", "KE"))
    async with aclosing(pipeline(model, guard=guard).stream(asked)) as events:
        seen = [event async for event in events]
    answer = "".join(event.delta.get("content", "") for event in seen if isinstance(event, Delta))
    assert answer == "Elders first.\n"


async def test_a_voice_that_copies_the_material_of_a_debate_shows_no_marks(pipeline, question):
    model = FakeModel(answer=lambda one: copied(one) if one.stage == "debate" else "Elders first.")
    async with aclosing(pipeline(model).stream(question(mode="debate"))) as events:
        seen = [event async for event in events]
    second = [event.perspective for event in seen if isinstance(event, PerspectiveFinished)][3:]
    assert [one.text for one in second] == ["Elders first."] * 3
