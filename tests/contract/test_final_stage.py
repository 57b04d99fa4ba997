"""Who is told what: a request's parameters are the final stage's, and a council's voices get words alone."""

import json
from typing import Any

import openai
import pytest

from tests.contract.checks import ASKED, CALL, COUNCIL, QUESTION, SCHEMA, TOOL, chunks_of, post
from tests.service.conftest import Reply, ScriptedBackbone

STEERED = ["polylect/contextual", "polylect/multiplex"]
VOICES = {"cultures": ["JP", "KE"]}

PIXEL = "data:image/png;base64,iVBORw0KGgo="
SEEN = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": QUESTION},
            {"type": "image_url", "image_url": {"url": PIXEL}},
        ],
    }
]
TOLD = [
    {"role": "user", "content": "What is the weather in Nairobi?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "sunny, 24 degrees"},
]

FINAL_ALONE: dict[str, Any] = {
    "frequency_penalty": 0.1,
    "logit_bias": {"7": 1},
    "logprobs": True,
    "max_completion_tokens": 77,
    "metadata": {"a": "b"},
    "parallel_tool_calls": False,
    "presence_penalty": 0.2,
    "reasoning_effort": "low",
    "response_format": SCHEMA,
    "stop": ["END", "FIN"],
    "tool_choice": "auto",
    "tools": [TOOL],
    "top_logprobs": 2,
    "user": "ann",
    "min_p": 0.05,
    "guided_choice": ["yes", "no"],
}


def ask(service: str, model: str, **more: Any) -> dict[str, Any]:
    response = post(service, {"model": model, "messages": ASKED, "polylect": VOICES, **more})
    assert response.status_code == 200, response.text
    return response.json()


def stages(backbone: ScriptedBackbone) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The bodies of the voices' calls, and of the last."""
    return backbone.bodies[:-1], backbone.bodies[-1]


@pytest.mark.parametrize("model", STEERED)
@pytest.mark.parametrize(("name", "value"), list(FINAL_ALONE.items()))
def test_a_parameter_reaches_the_final_stage_alone_and_as_it_is(service, backbone, model, name, value):
    ask(service, model, **{name: value})
    voices, final = stages(backbone)
    assert final[name] == value
    assert all(name not in voice for voice in voices)


@pytest.mark.parametrize("model", STEERED)
@pytest.mark.parametrize(("name", "value"), [("temperature", 0.3), ("top_p", 0.7)])
def test_how_boldly_to_speak_is_told_to_all(service, backbone, model, name, value):
    ask(service, model, **{name: value})
    assert {body[name] for body in backbone.bodies} == {value}


@pytest.mark.parametrize("model", STEERED)
def test_the_newer_bound_is_the_only_one_that_the_backbone_sees(service, backbone, model):
    ask(service, model, max_completion_tokens=9, max_tokens=500)
    voices, final = stages(backbone)
    bounds = {name: final[name] for name in ("max_completion_tokens", "max_tokens") if name in final}
    assert set(bounds.values()) == {9}
    assert all(voice["max_tokens"] not in {9, 500} for voice in voices), "voices have a budget of their own"


def test_seeds_are_each_voices_own_and_the_same_every_time(service, backbone):
    ask(service, "polylect/multiplex", seed=7, n=2)
    first = [body["seed"] for body in backbone.bodies]
    backbone.bodies.clear()
    ask(service, "polylect/multiplex", seed=7, n=2)
    assert sorted(body["seed"] for body in backbone.bodies) == sorted(first)
    assert len(set(first)) == 4
    assert 7 in first
    backbone.bodies.clear()
    ask(service, "polylect/multiplex")
    assert all("seed" not in body for body in backbone.bodies)


def test_the_fingerprint_is_the_same_for_whole_stream_and_mode(service):
    prints = {ask(service, model)["system_fingerprint"] for model in STEERED}
    chunks = chunks_of(service, {"model": STEERED[1], "messages": ASKED})
    assert {chunk["system_fingerprint"] for chunk in chunks} == prints
    assert len(prints) == 1


def test_images_are_the_final_stages_alone(service, backbone):
    ask(service, "polylect/multiplex", messages=SEEN)
    voices, final = stages(backbone)
    assert len(voices) == 2
    assert PIXEL not in json.dumps(voices)
    assert {"type": "image_url", "image_url": {"url": PIXEL}} in final["messages"][-1]["content"]
    assert "[image]" in voices[0]["messages"][-1]["content"]


@pytest.mark.parametrize("model", ["polylect/contextual", "polylect/direct"])
def test_images_stay_where_there_is_one_call(service, backbone, model):
    steering = {} if model == "polylect/direct" else {"polylect": COUNCIL}
    assert post(service, {"model": model, "messages": SEEN, **steering}).status_code == 200
    (body,) = backbone.bodies
    assert {"type": "image_url", "image_url": {"url": PIXEL}} in body["messages"][-1]["content"]


@pytest.mark.parametrize("model", STEERED)
def test_a_conversation_with_tools_stays_whole_for_the_final_stage(service, backbone, model):
    ask(service, model, messages=TOLD, tools=[TOOL])
    voices, final = stages(backbone)
    kept = [message for message in final["messages"] if message["role"] in {"assistant", "tool"}]
    assert kept == TOLD[1:]
    for voice in voices:
        assert "tool_calls" not in json.dumps(voice)
        assert {message["role"] for message in voice["messages"]} == {"user"}
        assert "sunny, 24 degrees" in voice["messages"][-1]["content"]


@pytest.mark.parametrize("model", STEERED)
def test_developer_and_system_are_one_leading_message_wherever_they_stood(service, backbone, model):
    messages = [
        {"role": "user", "content": "Hello."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "assistant", "content": "Hello."},
        {"role": "system", "content": "Be brief."},
        *ASKED,
    ]
    ask(service, model, messages=messages)
    for body in backbone.bodies:
        roles = [message["role"] for message in body["messages"]]
        assert roles == ["system", "user", "assistant", "user"]
        assert "Be kind.\n\nBe brief." in body["messages"][0]["content"]
    if model == "polylect/multiplex":
        assert len({json.dumps(body["messages"][0]) for body in backbone.bodies}) == 1


def test_direct_leaves_roles_and_parts_as_they_are(service, backbone):
    messages = [{"role": "developer", "content": "Be kind."}, *SEEN, *TOLD]
    post(service, {"model": "polylect/direct", "messages": messages, **FINAL_ALONE, "n": 2})
    (body,) = backbone.bodies
    assert body == {"model": "scripted", "messages": messages, **FINAL_ALONE, "n": 2}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", STEERED)
def test_what_a_backbone_cannot_do_is_its_own_400_and_not_prose(client, backbone, model, stream):
    error = {"message": "response_format json_schema is not supported", "param": "response_format"}
    backbone.reply = lambda body: Reply(status=400, error=error) if "response_format" in body else Reply()
    request = {"model": model, "messages": ASKED, "response_format": SCHEMA, "stream": stream}
    with pytest.raises(openai.BadRequestError, match="json_schema is not supported"):
        client.chat.completions.create(**request, extra_body={"polylect": {**VOICES, "live": False}})


@pytest.mark.parametrize(
    ("status", "stands_for"), [(400, 400), (413, 413), (422, 422), (429, 429), (404, 502)]
)
@pytest.mark.parametrize("model", ["polylect/direct", *STEERED])
def test_a_refusal_keeps_its_status_where_the_asker_can_mend_it(service, backbone, model, status, stands_for):
    backbone.reply = lambda body: Reply(status=status, error={"message": "no"})
    steering = {} if model == "polylect/direct" else {"polylect": VOICES}
    response = post(service, {"model": model, "messages": ASKED, **steering})
    assert response.status_code == (status if model == "polylect/direct" else stands_for)


def test_the_official_clients_retries_do_not_repeat_a_council(client, backbone):
    backbone.reply = lambda body: Reply(status=500, error={"message": "out of memory"})
    eager = client.with_options(max_retries=2)
    with pytest.raises(openai.InternalServerError) as caught:
        eager.chat.completions.create(
            model="polylect/multiplex", messages=ASKED, extra_body={"polylect": VOICES}
        )
    assert caught.value.request_id.startswith("req_")
    assert len(backbone.bodies) == 2, "each voice once, and no synthesis"
