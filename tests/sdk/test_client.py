"""Whole answers, and the endpoints that ask no model."""

import pytest
from openai import AsyncOpenAI, OpenAI
from polylect import AsyncPolylect, Polylect

from tests.sdk.conftest import QUESTION, SAID

CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]


async def test_a_council_answers_with_its_perspectives(client, backbone):
    answer = await client("council", QUESTION, cultures=["JP", "KE"])
    assert (answer.text, answer.mode, answer.why, answer.finish_reason) == (
        SAID,
        "multiplex",
        "requested",
        "stop",
    )
    told = [(one.culture, one.language, one.status, one.text) for one in answer.perspectives]
    assert told == [("JP", "ja", "spoke", SAID), ("KE", "en", "spoke", SAID)]
    assert answer.perspectives[0].sections == {"view": SAID}
    assert (answer.calls, len(backbone.bodies), answer.usage.total_tokens) == (3, 3, 48)
    assert answer.usage_by_stage["synthesise"].total_tokens == 16
    assert [voice.why for voice in answer.voices] == ["requested", "requested"]
    assert answer.context.language.tag == answer.answer_language == "en"
    assert (answer.pds.sectors, answer.pds.companions.words) == (8, 4)
    assert (answer.debate, answer.shortened, answer.guard.findings) == ([], None, [])
    assert answer.request_id.startswith("req_")
    assert answer.overhead_ms > 0
    assert answer.completion.choices[0].message.content == SAID
    assert answer.completion.model == "polylect/multiplex"
    assert answer.to_dict()["perspectives"][0]["culture"] == "JP"
    assert '"culture": "JP"' in answer.to_json()


async def test_a_debate_has_a_second_round(client):
    answer = await client("council", QUESTION, cultures=["JP", "KE"], debate=True)
    assert answer.mode == "debate"
    assert [(one.culture, one.round, one.text) for one in answer.debate] == [("JP", 2, SAID), ("KE", 2, SAID)]
    assert answer.calls == 5


async def test_an_expert_has_two_candidates(client):
    answer = await client("steer", QUESTION, mode="expert", cultures=["JP"])
    assert [(one.culture, one.role) for one in answer.perspectives] == [("JP", "elicit"), ("JP", "reason")]


async def test_what_does_not_depend_on_culture_is_the_backbones_own(client):
    answer = await client("steer", "What is 2 + 2?")
    assert (answer.text, answer.mode, answer.calls) == (SAID, "direct", 1)
    assert (answer.context, answer.perspectives, answer.pds) == (None, [], None)
    assert answer.answer_language == "en"
    assert answer.usage.total_tokens == 16


async def test_without_trace_no_voice_has_words(client):
    answer = await client("council", QUESTION, cultures=["JP"], trace=False)
    assert [(one.culture, one.text, one.sections) for one in answer.perspectives] == [("JP", "", {})]
    assert answer.voices == []


async def test_options_and_parameters_arrive(client, backbone):
    answer = await client(
        "steer",
        CHAT,
        mode="multiplex",
        backbone="scripted",
        cultures=("JP", "KE", "BR"),
        max_agents=3,
        reasoning_language="fr",
        audience="PE",
        guard="strict",
        max_tokens=2,
        seed=7,
        extra_headers={"x-request-id": "mine"},
    )
    assert answer.request_id == "mine"
    assert [one.language for one in answer.perspectives] == ["fr", "fr", "fr"]
    assert answer.context.audience[0].id == "PE"
    assert (answer.text, answer.finish_reason) == ("All is", "length")
    assert answer.completion.model == "polylect/multiplex@scripted"
    last = backbone.bodies[-1]
    assert (last["max_tokens"], last["seed"]) == (2, 7)
    assert last["messages"][0]["content"].startswith("Be brief.")


async def test_choices_and_tools_are_in_the_completion(client):
    answer = await client("steer", QUESTION, mode="contextual", n=2)
    assert [choice.message.content for choice in answer.completion.choices] == [SAID, SAID]
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    answer = await client("steer", QUESTION, mode="contextual", tools=[tool])
    assert (answer.text, answer.finish_reason) == ("", "tool_calls")
    assert answer.completion.choices[0].message.tool_calls[0].function.name == "weather"


async def test_a_text_is_detected_scored_and_no_model_asked(client, backbone):
    context = await client("detect", "Why do people in Kyoto bow to their guests?", audience="PE")
    assert [(found.id, found.evidence) for found in context.cultures] == [("JP", ["Kyoto"])]
    assert (context.cue, context.steered, context.audience[0].id) == ("explicit", True, "PE")
    assert (context.spans[0].start, context.spans[0].end, context.spans[0].turn) == (17, 22, 0)
    asked = [{"role": "user", "content": "I live in Kyoto."}, {"role": "user", "content": "Why do we bow?"}]
    context = await client("detect", asked)
    assert context.spans[0].turn == -1
    score = await client("score", "Nairobi is far from Kyoto.")
    assert score.distribution == {"east-asian": 0.5, "sub-saharan-african": 0.5}
    assert [(one.text, one.culture, one.weight) for one in score.references] == [
        ("Nairobi", "KE", 1.0),
        ("Kyoto", "JP", 1.0),
    ]
    assert backbone.bodies == []


async def test_the_cultures_are_listed(client):
    cultures = {culture.id: culture for culture in await client("cultures")}
    assert cultures["JP"].names["ja"] == "日本"
    assert cultures["JP"].languages == ["ja"]
    assert 0.9 < cultures["JP"].shares["ja"] <= 1
    assert cultures["JP"].pages


def test_it_is_the_client_of_openai(url):
    with Polylect(base_url=url) as client:
        assert isinstance(client, OpenAI)
        assert "polylect/auto" in {model.id for model in client.models.list()}
        chat = client.chat.completions.create(model="polylect/multiplex", messages=CHAT)
        assert chat.choices[0].message.content == SAID
    assert issubclass(AsyncPolylect, AsyncOpenAI)


@pytest.mark.parametrize("kind", [Polylect, AsyncPolylect])
def test_a_copy_is_one_too(kind):
    first = kind(base_url="http://10.0.0.7:8000", api_key="mine", default_headers={"x-mine": "1"})
    for copy in (first.copy(), first.with_options(timeout=3)):
        assert type(copy) is kind
        assert (str(copy.base_url), copy.api_key) == ("http://10.0.0.7:8000/v1/", "mine")
        assert copy.default_headers["x-mine"] == "1"
    moved = first.with_options(base_url="http://10.0.0.8:8000", api_key="other")
    assert (str(moved.base_url), moved.api_key) == ("http://10.0.0.8:8000/v1/", "other")
