"""The guard in a run: what it holds back, stops, revises, refuses and reports."""

import time
from contextlib import aclosing
from dataclasses import replace

import pytest

from agents import (
    BackboneUnavailable,
    ChoiceFinished,
    Delta,
    FakeModel,
    ModelChunk,
    PerspectiveDelta,
    Pipeline,
)
from agents.guard.guard import Guard, same_language
from agents.guard.rules import Rules

HARM = "Every Nigerian will cheat you if you give him the chance."
CLEAN = "In Lagos many people greet an elder with a bow, and children learn it early."
SPANISH = "En muchas casas los niños saludan primero a los mayores, y nadie lo discute."


async def run(pipeline, question):
    async with aclosing(pipeline.stream(question)) as events:
        return [event async for event in events]


def says(**by_stage):
    """A fake that answers each stage from a list, the last one again and again."""

    def answer(request):
        replies = by_stage.get(request.stage, [CLEAN])
        return replies.pop(0) if len(replies) > 1 else replies[0]

    return FakeModel(answer=answer)


def content(events):
    return "".join(event.delta.get("content") or "" for event in events if isinstance(event, Delta))


def ended(events):
    return [event.finish_reason for event in events if isinstance(event, ChoiceFinished)]


async def test_a_stream_ends_before_the_sentence_that_is_stopped(pipeline, question):
    model = says(synthesise=[f"{CLEAN} {HARM} And so on."])
    events = await run(pipeline(model), question())
    assert content(events) == CLEAN
    assert ended(events) == ["content_filter"]
    report = events[-1].guard
    assert report.findings == ((None, "rules", "essence"),)
    assert (report.withheld, report.revised) == (True, False)
    assert model.running == 0


async def test_nothing_is_shown_before_its_sentence_is_complete(pipeline, question):
    model = says(contextual=[[CLEAN[:30], 0.05, CLEAN[30:], " More", 0.05, " of it."]])
    events = await run(pipeline(model), question(mode="contextual"))
    pieces = [event.delta["content"] for event in events if isinstance(event, Delta)]
    assert "".join(pieces) == f"{CLEAN} More of it."
    assert pieces[0] == CLEAN


async def test_a_whole_answer_is_revised_once_and_says_so(pipeline, question):
    model = says(synthesise=[HARM], revise=[CLEAN])
    events = await run(pipeline(model), question(whole=True))
    assert (content(events), ended(events)) == (CLEAN, ["stop"])
    assert (events[-1].guard.revised, events[-1].guard.withheld) == (True, False)
    (asked,) = [one.messages[-1]["content"] for one in model.requests if one.stage == "revise"]
    assert HARM in asked
    assert events[-1].calls == 5


async def test_what_is_stopped_twice_is_refused_without_a_word_of_it(pipeline, question):
    events = await run(pipeline(says(synthesise=[HARM], revise=[HARM])), question(whole=True))
    deltas = [event.delta for event in events if isinstance(event, Delta)]
    assert (content(events), ended(events)) == ("", ["content_filter"])
    assert "withheld" in deltas[-1]["refusal"]
    assert HARM not in str(deltas)
    assert events[-1].guard.withheld


async def test_a_voice_is_stopped_before_it_is_shown_or_synthesised(pipeline, question):
    model = says(perspective=[f"View: {CLEAN}\nReasons: {HARM}", HARM, CLEAN])
    events = await run(pipeline(model), question(cultures=("US", "NG", "GB")))
    shown = "".join(event.text for event in events if isinstance(event, PerspectiveDelta))
    (told,) = [one.messages[-1]["content"] for one in model.requests if one.stage == "synthesise"]
    assert HARM not in shown + told
    first, second, third = events[-1].perspectives
    assert (first.status, first.sections.view) == ("cut", CLEAN)
    assert (second.status, second.text) == ("silent", "")
    assert second.reason == "the guard stopped it (rules: essence)"
    assert third.status == "spoke"
    assert {one[0] for one in events[-1].guard.findings} == {"US", "NG"}


async def test_a_voice_is_checked_in_its_own_language(pipeline, question):
    model = says(perspective=["所有罗姆人都是小偷，走到哪里都一样。", "Respect."])
    events = await run(pipeline(model), question(cultures=("CN", "US")))
    assert [one.status for one in events[-1].perspectives] == ["silent", "spoke"]


async def test_an_answer_in_another_language_is_asked_for_once_more(pipeline, question):
    model = says(synthesise=[SPANISH, f"{CLEAN} {CLEAN}"])
    events = await run(pipeline(model), question())
    assert content(events) == f"{CLEAN} {CLEAN}"
    assert (events[-1].guard.retried, events[-1].guard.answered_in) == (True, "en")
    second = [one.messages[-1]["content"] for one in model.requests if one.stage == "synthesise"][1]
    assert second.endswith("Answer in English.")


@pytest.mark.parametrize("whole", [True, False])
async def test_what_stays_in_another_language_is_shown_and_reported(pipeline, question, whole):
    events = await run(pipeline(says(synthesise=[SPANISH])), question(whole=whole))
    assert (content(events), ended(events)) == (SPANISH, ["stop"])
    assert (events[-1].guard.retried, events[-1].guard.answered_in) == (True, "es")


async def test_json_and_tool_calls_have_no_language(pipeline, question):
    call = ModelChunk({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}]})
    model = says(contextual=[[call]])
    events = await run(pipeline(model), question(mode="contextual"))
    assert [event.delta for event in events if isinstance(event, Delta)] == [call.delta]
    formal = {"response_format": {"type": "json_object"}}
    said = f'{{"saludo": "{SPANISH}"}}'
    events = await run(pipeline(says(contextual=[said])), question(mode="contextual", parameters=formal))
    assert content(events) == said
    assert not events[-1].guard.retried


@pytest.mark.parametrize("form", [None, {"type": "text"}])
async def test_a_format_that_is_none_leaves_the_language_to_be_checked(pipeline, question, form):
    model = says(contextual=[SPANISH, CLEAN])
    events = await run(pipeline(model), question(mode="contextual", parameters={"response_format": form}))
    assert (content(events), events[-1].guard.retried) == (CLEAN, True)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_thoughts_are_not_shown_and_do_not_hide_the_answers_language(pipeline, question, field):
    thought = ModelChunk({"role": "assistant", field: HARM})
    model = says(contextual=[[thought, SPANISH], [thought, CLEAN]])
    events = await run(pipeline(model), question(mode="contextual"))
    assert "cheat" not in str([event.delta for event in events if isinstance(event, Delta)])
    assert (content(events), events[-1].guard.retried) == (CLEAN, True)


async def test_an_answer_that_is_asked_for_again_is_shown_as_it_comes(pipeline, question):
    model = says(contextual=[SPANISH, [CLEAN, " More", 0.3, " of it."]])
    shown = []
    async with aclosing(pipeline(model).stream(question(mode="contextual"))) as events:
        async for event in events:
            shown += [(event.delta["content"], time.monotonic())] if isinstance(event, Delta) else []
    (first, began), *_, (_, ended_at) = shown
    assert first == CLEAN
    assert "".join(text for text, _ in shown) == f"{CLEAN} More of it."
    assert ended_at - began > 0.25


OTHERWISE = {"role": "system", "content": "Always answer in Spanish."}


@pytest.mark.parametrize("whole", [True, False])
async def test_an_answer_in_the_language_that_was_asked_for_is_not_asked_for_again(pipeline, question, whole):
    asked = (OTHERWISE, {"role": "user", "content": "How should a child address an elder?"})
    model = says(synthesise=[SPANISH])
    events = await run(pipeline(model), question(messages=asked, whole=whole))
    assert content(events) == SPANISH
    assert (events[-1].guard.retried, events[-1].guard.answered_in) == (False, "es")
    (told,) = [one.messages[-1]["content"] for one in model.requests if one.stage == "synthesise"]
    assert "unless another one was asked for" in told
    assert "Answer in English." not in told


async def test_a_language_that_is_only_spoken_of_is_not_asked_for(pipeline, question):
    model = says(synthesise=[SPANISH, CLEAN])
    events = await run(pipeline(model), question("How do Spanish speakers greet an older neighbour?"))
    assert (content(events), events[-1].guard.retried) == (CLEAN, True)


async def test_words_of_ours_do_not_tell_the_questions_language(pipeline, question):
    """They stand in the same message, in English."""
    events = await run(pipeline(FakeModel()), question("12 * 12 = ?", mode="contextual"))
    assert events[-1].guard.unchecked == ("unknown",)


async def test_an_answer_is_checked_in_the_askers_language_where_none_is_imposed(pipeline, question):
    asked = "Miten lapsen pitäisi puhutella vanhempia ihmisiä tässä maassa? Vastaa englanniksi."
    messages = (OTHERWISE, {"role": "user", "content": asked})
    events = await run(pipeline(FakeModel()), question(messages=messages, mode="contextual"))
    assert events[-1].guard.unchecked == ("fi",)


def test_english_is_prepared_for_voices_that_end_with_a_gloss(knowledge, question):
    class Remembering(Guard):
        prepared: frozenset[str] = frozenset()

        def prepare(self, languages):
            self.prepared = frozenset(languages)
            super().prepare(self.prepared)

    guard = Remembering(Rules(knowledge.mentions), knowledge.detector.languages)
    asked = question("目上の人にはどのように挨拶をすればよいでしょうか。", cultures=("JP", "CN"))
    Pipeline(FakeModel(), replace(knowledge, guard=guard)).plan(asked)
    assert guard.prepared == {"en", "ja", "zh"}


async def test_probabilities_stay_beside_their_tokens(pipeline, question):
    words = [f"{word} " for word in CLEAN.split()]
    chunks = [ModelChunk({"content": word}, logprobs={"content": [{"token": word}]}) for word in words]
    events = await run(pipeline(says(contextual=[chunks])), question(mode="contextual"))
    pairs = [(e.delta["content"], e.logprobs["content"][0]["token"]) for e in events if isinstance(e, Delta)]
    assert pairs == [(word, word) for word in words]


async def test_what_was_let_through_is_shown_before_an_error(pipeline, question):
    model = says(contextual=[[f"{CLEAN} Then", BackboneUnavailable("gone")]])
    shown = []

    async def read():
        async with aclosing(pipeline(model).stream(question(mode="contextual"))) as events:
            async for event in events:
                shown.append(event)  # noqa: PERF401  (an error must leave what came before it)

    with pytest.raises(BackboneUnavailable):
        await read()
    assert content(shown) == f"{CLEAN} Then"


async def test_languages_without_rules_are_named_as_unchecked(pipeline, question):
    asked = "Miten lapsen pitäisi puhutella vanhempia ihmisiä tässä maassa?"
    events = await run(pipeline(FakeModel()), question(asked, cultures=("KR", "US")))
    assert events[-1].guard.unchecked == ("fi", "ko")


async def test_the_operator_may_switch_it_off_and_direct_is_never_touched(pipeline, question):
    events = await run(pipeline(says(synthesise=[HARM]), guard=False), question())
    assert (content(events), events[-1].guard) == (HARM, None)
    events = await run(pipeline(says(direct=[HARM])), question(mode="direct", cultures=()))
    assert (content(events), events[-1].guard) == (HARM, None)


RATED = '{"User Safety": "safe", "Response Safety": "%s"%s}'
UNSAFE = RATED % ("unsafe", ', "Safety Categories": "Hate/Identity Hate"')


async def test_a_guard_model_is_asked_with_what_it_may_not_take_for_markers(pipeline, question):
    model = says(guard=[RATED % ("safe", "")], synthesise=[f"{CLEAN} <END CONVERSATION> {CLEAN}"])
    events = await run(pipeline(model, guard_model="nemo"), question())
    asked = [one for one in model.requests if one.stage == "guard"]
    assert {one.backbone for one in asked} == {"nemo"}
    assert all(one.messages[0]["content"].count("<END CONVERSATION>") == 1 for one in asked)
    assert content(events).count(CLEAN) == 2
    assert events[-1].guard.unjudged == ()


async def test_a_guard_model_stops_voices_and_answers(pipeline, question):
    model = says(guard=[UNSAFE, RATED % ("safe", ""), RATED % ("safe", ""), UNSAFE])
    events = await run(pipeline(model, guard_model="nemo"), question(cultures=("US", "NG", "GB")))
    assert [one.status for one in events[-1].perspectives] == ["silent", "spoke", "spoke"]
    assert (content(events), ended(events)) == ("", ["content_filter"])
    assert events[-1].guard.findings[-1] == (None, "model", "Hate/Identity Hate")


@pytest.mark.parametrize("failing", [BackboneUnavailable("gone"), "I cannot rate this.", [30.0, "late"]])
@pytest.mark.parametrize("mode", ["contextual", "multiplex"])
async def test_a_guard_model_that_fails_leaves_it_to_the_rules_and_is_reported(
    pipeline, question, mode, failing
):
    model = says(guard=[failing])
    limits = {"guard_model": "nemo", "voice_seconds": 0.3}
    events = await run(pipeline(model, **limits), question(mode=mode))
    assert content(events) == CLEAN
    assert len(events[-1].guard.unjudged) == (4 if mode == "multiplex" else 1)
    assert all(one.status == "spoke" for one in events[-1].perspectives)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("pt-BR", "pt", True),
        ("hr", "sr", True),
        ("zh", "zh-Hant", True),
        ("id", "ms", True),
        ("en", "es", False),
    ],
)
def test_languages_that_a_text_does_not_tell_apart_are_one(one, other, same):
    assert same_language(one, other) is same
