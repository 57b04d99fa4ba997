"""Chat completions as the official client sees them, in each mode."""

import json
from typing import Any

import httpx
import openai
import pytest

QUESTION = "How should a child address an elder?"


def ask(client: openai.OpenAI, model: str = "polylect/multiplex", **more: Any) -> Any:
    messages = more.pop("messages", [{"role": "user", "content": QUESTION}])
    return client.chat.completions.create(model=model, messages=messages, **more)


def voices(backbone: Any) -> list[dict[str, Any]]:
    """The calls of the council's voices: all but the last, which writes the answer."""
    return backbone.bodies[:-1]


def test_a_whole_multiplex_answer_has_all_required_fields(client, backbone):
    answer = ask(client, extra_body={"polylect": {"cultures": ["JP", "KE", "BR"]}})
    assert answer.id.startswith("chatcmpl-")
    assert answer.object == "chat.completion"
    assert answer.model == "polylect/multiplex"
    assert answer.system_fingerprint.startswith("fp_")
    choice = answer.choices[0]
    assert (choice.index, choice.finish_reason, choice.logprobs) == (0, "stop", None)
    assert (choice.message.role, choice.message.content) == ("assistant", "All is well.")
    assert choice.message.refusal is None
    assert len(backbone.bodies) == 4
    assert answer.usage.prompt_tokens == 40
    assert answer.usage.completion_tokens == 16
    assert answer.usage.total_tokens == 56


def test_the_extension_names_perspectives_context_and_score(client):
    found = ask(client, extra_body={"polylect": {"cultures": ["JP", "KE"]}}).polylect
    assert found["mode"] == "multiplex"
    assert [(one["culture"], one["language"], one["status"]) for one in found["perspectives"]] == [
        ("JP", "ja", "spoke"),
        ("KE", "en", "spoke"),
    ]
    assert "text" not in found["perspectives"][0]
    assert found["context"]["language"]["tag"] == "en"
    assert found["calls"] == 3
    assert found["pds"]["sectors"] == 8
    assert found["overhead_ms"] >= 0


def test_headers_tell_the_route(service, backbone):
    body = {
        "model": "polylect/multiplex",
        "messages": [{"role": "user", "content": QUESTION}],
        "polylect": {"cultures": ["JP", "KE"]},
    }
    answer = httpx.post(f"{service}/v1/chat/completions", json=body, headers={"x-request-id": "mine-1"})
    assert answer.headers["x-polylect-mode"] == "multiplex"
    assert answer.headers["x-polylect-cultures"] == "JP,KE"
    assert answer.headers["x-polylect-language"] == "en"
    assert float(answer.headers["x-polylect-overhead-ms"]) >= 0
    assert answer.headers["x-request-id"] == "mine-1"
    assert int(answer.headers["openai-processing-ms"]) >= 0


def test_a_stream_has_one_identity_and_openais_order(client):
    with ask(client, stream=True, extra_body={"polylect": {"cultures": ["JP", "KE"]}}) as stream:
        chunks = list(stream)
    assert len({(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    spoken = [chunk for chunk in chunks if chunk.choices[0].delta.content]
    assert [chunk.choices[0].delta.content for chunk in spoken] == ["All is well."]
    assert {chunk.choices[0].finish_reason for chunk in chunks[:-1]} == {None}
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].choices[0].delta.content is None
    assert chunks[-1].polylect["mode"] == "multiplex"
    assert all("usage" not in chunk.model_dump(exclude_unset=True) for chunk in chunks)


def test_usage_comes_in_one_extra_chunk_only_when_asked_for(client):
    options = {"include_usage": True}
    with ask(client, "polylect/contextual", stream=True, stream_options=options) as stream:
        *chunks, last = list(stream)
    assert last.choices == []
    assert last.usage.total_tokens == 14
    assert all(chunk.model_dump(exclude_unset=True)["usage"] is None for chunk in chunks)


def test_voices_are_reasoning_content_by_default_one_after_the_other(client, backbone):
    with ask(client, stream=True, extra_body={"polylect": {"cultures": ["JP", "KE"]}}) as stream:
        deltas = [chunk.choices[0].delta for chunk in stream]
    thought = "".join(getattr(delta, "reasoning_content", "") or "" for delta in deltas)
    first, second = thought.strip().split("\n\n")
    assert {first, second} == {"[JP · ja] All is well.", "[KE · en] All is well."}


def test_voices_can_be_switched_off(client):
    off = {"cultures": ["JP", "KE"], "live": False}
    with ask(client, stream=True, extra_body={"polylect": off}) as stream:
        deltas = [chunk.choices[0].delta for chunk in stream]
    assert not any(getattr(delta, "reasoning_content", None) for delta in deltas)


def test_a_trace_streams_typed_events_and_returns_the_texts(client):
    traced = {"cultures": ["JP", "KE"], "trace": True}
    with ask(client, stream=True, extra_body={"polylect": traced}) as stream:
        chunks = list(stream)
    events = [
        chunk.polylect["event"]
        for chunk in chunks
        if "event" in (chunk.model_extra or {}).get("polylect", {})
    ]
    mine = [event for event in events if event["culture"] == "JP"]
    assert [event["type"] for event in mine] == ["started", "delta", "finished"]
    assert mine[-1]["text"] == "All is well."
    assert chunks[-1].polylect["perspectives"][0]["text"] == "All is well."
    assert chunks[-1].polylect["voices"][0]["why"] == "requested"


def test_a_trace_has_the_scores_companions(client, backbone):
    plain = ask(client, extra_body={"polylect": {"cultures": ["JP"]}}).polylect["pds"]
    assert set(plain) == {"distribution", "entropy", "sectors"}
    traced = ask(client, extra_body={"polylect": {"cultures": ["JP"], "trace": True}}).polylect["pds"]
    assert traced["companions"] == {
        "references": 0,
        "specifics": 0,
        "specific_share": 0,
        "words": 3,
        "references_per_100_words": 0,
        "specifics_per_100_words": 0,
    }


def test_an_expert_answer_has_two_candidates_and_their_routes(client, backbone):
    traced = {"cultures": ["KE"], "trace": True}
    found = ask(client, model="polylect/expert", extra_body={"polylect": traced}).polylect
    assert found["mode"] == "expert"
    assert [(one["role"], one["culture"], one["language"]) for one in found["perspectives"]] == [
        ("elicit", "KE", "en"),
        ("reason", "KE", "en"),
    ]
    route = found["voices"][0]["route"]
    assert (route["language"], route["known"]) == ("en", False)
    assert route["why"].startswith("a prior: no knowledge map")
    assert found["calls"] == len(backbone.bodies) == 3


def test_candidates_think_aloud_one_after_the_other(client):
    with ask(
        client, model="polylect/expert", stream=True, extra_body={"polylect": {"cultures": ["JP"]}}
    ) as stream:
        thought = "".join(
            getattr(choice.delta, "reasoning_content", None) or ""
            for chunk in stream
            for choice in chunk.choices
        )
    first, second = sorted(thought.strip().split("\n\n"))
    assert {first, second} == {"[elicit · JP · ja] All is well.", "[reason · JP · en] All is well."}


def test_an_expert_on_two_cultures_is_refused(client):
    with pytest.raises(openai.BadRequestError, match="answers for one culture, not 2"):
        ask(client, model="polylect/expert", extra_body={"polylect": {"cultures": ["JP", "KE"]}})


def test_voices_share_everything_through_the_end_of_the_last_user_message(client, backbone):
    long = "Tell me about respect. " * 140
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hello."},
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": long},
    ]
    ask(client, messages=messages, extra_body={"polylect": {"cultures": ["JP", "KE", "BR"]}})
    serialised = [json.dumps(body["messages"], ensure_ascii=False) for body in voices(backbone)]
    common = next(
        (at for at, letters in enumerate(zip(*serialised, strict=False)) if len(set(letters)) > 1), 0
    )
    assert len(serialised) == 3
    assert common > len(long) > 2_900
    for body in backbone.bodies:
        assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "user"]
        assert body["messages"][0]["content"] == "Be brief.\n\nBe kind."
        assert body["messages"][-1]["content"].startswith(long)


def test_voices_get_no_tools_and_the_final_stage_does(client, backbone):
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    ask(
        client,
        tools=[tool],
        temperature=0.3,
        seed=7,
        stop=["END"],
        extra_body={"polylect": {"cultures": ["JP", "KE"]}},
    )
    for body in voices(backbone):
        assert "tools" not in body
        assert "stop" not in body
        assert body["temperature"] == 0.3
    assert backbone.bodies[-1]["tools"] == [tool]
    assert backbone.bodies[-1]["stop"] == ["END"]
    assert backbone.bodies[-1]["seed"] == 7
    assert len({body["seed"] for body in backbone.bodies}) == 3


def test_n_choices_come_from_one_council(client, backbone):
    answer = ask(client, n=2, extra_body={"polylect": {"cultures": ["JP", "KE"]}})
    assert [choice.index for choice in answer.choices] == [0, 1]
    assert len(backbone.bodies) == 4


def test_auto_goes_direct_when_culture_does_not_matter(service, backbone):
    body = {"model": "polylect/auto", "messages": [{"role": "user", "content": "What is 12 * 12?"}]}
    answer = httpx.post(f"{service}/v1/chat/completions", json=body)
    assert answer.headers["x-polylect-mode"] == "direct"
    assert len(backbone.bodies) == 1
    assert "polylect" not in answer.json()


def test_auto_with_one_culture_is_contextual(client, backbone):
    messages = [{"role": "user", "content": "Why do Japanese people bow when they greet each other?"}]
    answer = ask(client, "polylect/auto", messages=messages)
    assert answer.polylect["mode"] == "contextual"
    assert answer.polylect["context"]["cultures"][0]["id"] == "JP"
    assert len(backbone.bodies) == 1


def test_auto_with_several_cultures_is_a_council_of_these_first(client, backbone):
    messages = [{"role": "user", "content": "Compare weddings in India and Mexico."}]
    answer = ask(client, "polylect/auto", messages=messages)
    spoke = [one["culture"] for one in answer.polylect["perspectives"]]
    assert answer.polylect["mode"] == "multiplex"
    assert set(spoke[:2]) == {"IN", "MX"}


def test_a_multiplex_convenes_also_when_nobody_is_named(client):
    answer = ask(client, messages=[{"role": "user", "content": "What is 12 * 12?"}])
    perspectives = answer.polylect["perspectives"]
    assert len(perspectives) == 6
    assert {one["status"] for one in perspectives} == {"spoke"}


def test_the_body_wins_over_the_model_id(client, backbone):
    answer = ask(client, "polylect/direct", extra_body={"polylect": {"mode": "contextual"}})
    assert answer.polylect["mode"] == "contextual"


def test_a_chore_of_open_webui_is_answered_by_the_backbone_alone(client, backbone):
    messages = [{"role": "user", "content": "Give a title: weddings in India and Mexico"}]
    ask(client, "polylect/auto", messages=messages, extra_headers={"X-OpenWebUI-Task": "title_generation"})
    assert len(backbone.bodies) == 1


def test_an_empty_task_of_open_webui_is_a_question(client, backbone):
    """Its header is `{{TASK}}`, filled in: empty in an ordinary chat."""
    messages = [{"role": "user", "content": "Who speaks first at weddings in India and Mexico?"}]
    ask(client, "polylect/auto", messages=messages, extra_headers={"X-OpenWebUI-Task": ""})
    assert len(backbone.bodies) > 2


@pytest.mark.parametrize("model", ["polylect/contextual", "polylect/multiplex"])
def test_answer_text_is_kept_byte_for_byte(client, backbone, model):
    from_backbone = ["User:", " data: x\n\n", "[DONE]", " « 日本 » \u2028", ' {"a": 1}']
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=from_backbone)
    answer = ask(client, model, extra_body={"polylect": {"cultures": ["JP"]}})
    assert answer.choices[0].message.content == "".join(from_backbone)


@pytest.mark.parametrize("stream", [True, False])
def test_marks_of_the_prompt_that_a_backbone_copies_are_not_in_the_answer(client, backbone, stream):
    reply = type(backbone.reply({}))
    words = ["<", "<persp", "ective 0123456789abcdef>>", "\n", "Elders", " first.\n", "<<end 01", "23>>"]
    backbone.reply = lambda body: reply(words=words)
    answer = ask(client, stream=stream, extra_body={"polylect": {"cultures": ["JP", "KE"]}})
    if stream:
        with answer:
            said = [chunk.choices[0].delta for chunk in answer if chunk.choices]
        text = "".join(delta.content or "" for delta in said)
        thought = "".join(getattr(delta, "reasoning_content", None) or "" for delta in said)
        assert "perspective" not in thought
    else:
        text = answer.choices[0].message.content
    assert text == "Elders first.\n"


def test_tool_calls_of_the_final_stage_arrive_whole(client, backbone):
    reply = type(backbone.reply({}))
    pieces = [
        {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"city":'}},
        {"index": 0, "function": {"arguments": '"Nairobi"}'}},
    ]
    backbone.reply = lambda body: (
        reply(words=[], tool_calls=pieces, finish_reason="tool_calls") if body.get("tools") else reply()
    )
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    answer = ask(client, tools=[tool], extra_body={"polylect": {"cultures": ["KE"]}})
    choice = answer.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    call = choice.message.tool_calls[0]
    assert (call.id, call.function.name, call.function.arguments) == (
        "call_1",
        "weather",
        '{"city":"Nairobi"}',
    )


def test_models_lists_modes_and_backbones(client):
    ids = [model.id for model in client.models.list()]
    assert ids == [
        "polylect/auto",
        "polylect/direct",
        "polylect/contextual",
        "polylect/multiplex",
        "polylect/debate",
        "polylect/expert",
        "scripted",
    ]
    one = client.models.retrieve("polylect/multiplex")
    assert (one.id, one.object, one.owned_by) == ("polylect/multiplex", "model", "polylect")
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("polylect/nothing")
    assert caught.value.code == "model_not_found"


def test_health(service, backbone):
    assert httpx.get(f"{service}/healthz").json() == {"status": "ok"}
    ready = httpx.get(f"{service}/readyz")
    assert (ready.status_code, ready.json()["backbones"]) == (200, {"scripted": True})
