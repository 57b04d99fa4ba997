"""Responses as the official client sees them, in each mode: whole answers, and streams event by event."""

import json
from typing import Any

import httpx
import openai
import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

QUESTION = "How should a child address an elder?"
MODES = ["polylect/direct", "polylect/contextual", "polylect/multiplex"]
EVENT = TypeAdapter(ResponseStreamEvent)
CITIES = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
PIECES = [
    {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}},
    {"index": 0, "function": {"arguments": '{"city":'}},
    {"index": 0, "function": {"arguments": '"Nairobi"}'}},
]


def two(model: str, **more: Any) -> dict[str, Any]:
    """Two voices, where the mode has voices."""
    return {} if model == "polylect/direct" else {"polylect": {"cultures": ["JP", "KE"], **more}}


def events(service: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """A stream's events as they are on the wire, each under its own name."""
    answer = httpx.post(f"{service}/v1/responses", json={"stream": True, **body}, timeout=20)
    frames = [frame for frame in answer.text.split("\n\n") if frame and not frame.startswith(":")]
    found = []
    for frame in frames:
        name, data = frame.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found


def check(found: list[dict[str, Any]]) -> None:
    """What holds for every stream, whatever is in it."""
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    assert [event["type"] for event in found[:2]] == ["response.created", "response.in_progress"]
    assert len({event["response"]["id"] for event in found if "response" in event}) == 1
    for event in found:
        if not event["type"].startswith("polylect."):
            EVENT.validate_python(event)
    final = found[-1]["response"]
    places = {event["item"]["id"]: event["output_index"] for event in found if "item" in event}
    assert places == {item["id"]: index for index, item in enumerate(final["output"])}
    assert all(places[event["item_id"]] == event["output_index"] for event in found if "item_id" in event)
    done = [event["item"] for event in found if event["type"] == "response.output_item.done"]
    assert sorted(done, key=lambda item: places[item["id"]]) == final["output"]


@pytest.mark.parametrize("model", MODES)
def test_a_whole_answer_has_all_fields_in_every_mode(client, backbone, model):
    answer = client.responses.create(
        model=model,
        input=QUESTION,
        instructions="Be brief.",
        max_output_tokens=99,
        temperature=0.5,
        metadata={"trip": "1"},
        extra_body=two(model),
    )
    assert type(answer).model_validate(answer.to_dict()).id.startswith("resp_")
    assert (answer.object, answer.status, answer.model) == ("response", "completed", model)
    assert answer.output_text == "All is well."
    assert [item.type for item in answer.output] == ["message"]
    assert (answer.error, answer.incomplete_details, answer.previous_response_id) == (None, None, None)
    assert (answer.instructions, answer.max_output_tokens, answer.temperature) == ("Be brief.", 99, 0.5)
    assert (answer.metadata, answer.tools, answer.tool_choice) == ({"trip": "1"}, [], "auto")
    assert answer.to_dict()["store"] is False
    calls = 3 if model == "polylect/multiplex" else 1
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (10 * calls, 4 * calls)
    assert answer.usage.total_tokens == 14 * calls
    assert answer.usage.input_tokens_details.cached_tokens == 0
    assert answer.usage.output_tokens_details.reasoning_tokens == 0
    assert ("polylect" in answer.to_dict()) is (model != "polylect/direct")
    sent = backbone.bodies[-1]
    assert sent["messages"][0]["content"].startswith("Be brief.")
    assert (sent["max_completion_tokens"], sent["temperature"]) == (99, 0.5)
    assert not {"max_output_tokens", "instructions", "input", "metadata"} & set(sent)


def test_headers_and_extension_are_those_of_chat(service):
    body = {"model": "polylect/multiplex", "input": QUESTION, **two("polylect/multiplex", trace=True)}
    answer = httpx.post(f"{service}/v1/responses", json=body)
    assert answer.headers["x-polylect-mode"] == "multiplex"
    assert answer.headers["x-polylect-cultures"] == "JP,KE"
    assert float(answer.headers["x-polylect-overhead-ms"]) >= 0
    said = [(one["culture"], one["text"]) for one in answer.json()["polylect"]["perspectives"]]
    assert said == [("JP", "All is well."), ("KE", "All is well.")]


@pytest.mark.parametrize("model", MODES)
@pytest.mark.parametrize("trace", [False, True])
def test_every_event_of_a_stream_is_openais_and_in_order(service, model, trace):
    found = events(service, {"model": model, "input": QUESTION, **two(model, trace=trace)})
    check(found)
    kinds = [event["type"] for event in found]
    written = kinds[kinds.index("response.content_part.added") - 1 :]
    assert written == [
        "response.output_item.added",
        "response.content_part.added",
        *["response.output_text.delta"] * (4 if model == "polylect/direct" else 1),
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert found[-1]["response"]["usage"]["total_tokens"] == (42 if model == "polylect/multiplex" else 14)
    voices = [kind for kind in kinds if kind.startswith(("polylect.", "response.reasoning"))]
    assert bool(voices) is (model == "polylect/multiplex")


def test_voices_are_a_reasoning_summary_by_default(service):
    found = events(service, {"model": "polylect/multiplex", "input": QUESTION, **two("polylect/multiplex")})
    thought, written = found[-1]["response"]["output"]
    assert (thought["type"], written["type"]) == ("reasoning", "message")
    summary = thought["summary"][0]["text"]
    assert set(summary.strip().split("\n\n")) == {"[JP · ja] All is well.", "[KE · en] All is well."}
    deltas = [one["delta"] for one in found if one["type"] == "response.reasoning_summary_text.delta"]
    assert "".join(deltas) == summary
    assert len(deltas) > 2


def test_voices_are_our_own_events_in_a_trace_and_can_be_switched_off(client, service):
    traced = two("polylect/multiplex", trace=True)
    found = events(service, {"model": "polylect/multiplex", "input": QUESTION, **traced})
    mine = [one for one in found if one["type"].startswith("polylect.") and one["culture"] == "JP"]
    names = [one["type"].removeprefix("polylect.perspective.") for one in mine]
    assert names == ["started", "delta", "finished"]
    assert mine[-1]["text"] == "All is well."
    quiet = {"model": "polylect/multiplex", "input": QUESTION, **two("polylect/multiplex", live=False)}
    assert [item["type"] for item in events(service, quiet)[-1]["response"]["output"]] == ["message"]


@pytest.mark.parametrize("model", MODES)
@pytest.mark.parametrize("trace", [False, True])
def test_the_clients_own_stream_adds_up_to_the_whole(client, model, trace):
    with client.responses.stream(model=model, input=QUESTION, extra_body=two(model, trace=trace)) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text == "All is well."
    with client.responses.create(
        model=model, input=QUESTION, stream=True, extra_body=two(model, trace=trace)
    ) as raw:
        *_, last = raw
    assert last.type == "response.completed"
    assert last.response.output_text == text


async def test_the_asynchronous_client_sees_the_same(service):
    steered = two("polylect/multiplex")
    asked = {"model": "polylect/multiplex", "input": QUESTION, "extra_body": steered}
    async with openai.AsyncOpenAI(base_url=f"{service}/v1", api_key="none", max_retries=0) as client:
        whole = await client.responses.create(**asked)
        async with client.responses.stream(**asked) as stream:
            deltas = [event.delta async for event in stream if event.type == "response.output_text.delta"]
            final = await stream.get_final_response()
    assert "".join(deltas) == whole.output_text == final.output_text == "All is well."
    assert final.usage == whole.usage


@pytest.mark.parametrize("model", MODES)
def test_a_function_is_called_and_its_output_comes_back(client, backbone, service, model):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: (
        reply(words=[], tool_calls=PIECES, finish_reason="tool_calls")
        if body.get("tools") and body["messages"][-1]["role"] == "user" and len(body["messages"]) < 3
        else reply()
    )
    choice = {"type": "function", "name": "weather"}
    asked = {"model": model, "tools": [CITIES], "tool_choice": choice, "extra_body": two(model)}
    first = client.responses.create(input=QUESTION, **asked)
    assert [item.type for item in first.output] == ["function_call"]
    call = first.output[0]
    assert (call.call_id, call.name, call.arguments) == ("call_1", "weather", '{"city":"Nairobi"}')
    assert (first.status, first.tools[0].name) == ("completed", "weather")
    sent = backbone.bodies[-1]
    assert sent["tools"] == [
        {"type": "function", "function": {"name": "weather", "parameters": CITIES["parameters"]}}
    ]
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees"}
    second = client.responses.create(input=[{"role": "user", "content": QUESTION}, call, output], **asked)
    assert second.output_text == "All is well."
    spoken, answered = [
        one for one in backbone.bodies[-1]["messages"] if one["role"] in {"assistant", "tool"}
    ]
    assert spoken["tool_calls"][0]["function"]["arguments"] == '{"city":"Nairobi"}'
    assert answered == {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"}


@pytest.mark.parametrize("interleaved", [False, True])
def test_words_and_parallel_calls_stream_as_items_of_their_own(service, backbone, interleaved):
    reply = type(backbone.reply({}))
    other = [
        {"index": 1, "id": "call_2", "type": "function", "function": {"name": "weather", "arguments": ""}},
        {"index": 1, "function": {"arguments": "{}"}},
    ]
    pieces = [PIECES[0], other[0], *PIECES[1:], other[1]] if interleaved else [*PIECES, *other]
    backbone.reply = lambda body: reply(tool_calls=pieces, finish_reason="tool_calls")
    found = events(service, {"model": "polylect/direct", "input": QUESTION, "tools": [CITIES]})
    check(found)
    output = found[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["message", "function_call", "function_call"]
    assert [item["arguments"] for item in output[1:]] == ['{"city":"Nairobi"}', "{}"]
    deltas = [one for one in found if one["type"] == "response.function_call_arguments.delta"]
    assert "".join(one["delta"] for one in deltas if one["output_index"] == 1) == '{"city":"Nairobi"}'


@pytest.mark.parametrize("stream", [False, True])
def test_structured_output_is_parsed_by_the_client(client, backbone, stream):
    class Greeting(BaseModel):
        word: str

    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=['{"wo', 'rd": "Shikamoo"}'])
    asked = {"model": "polylect/contextual", "input": QUESTION, "text_format": Greeting}
    if stream:
        with client.responses.stream(**asked) as events_:
            parsed = events_.get_final_response().output_parsed
    else:
        parsed = client.responses.parse(**asked).output_parsed
    assert parsed == Greeting(word="Shikamoo")
    sent = backbone.bodies[-1]["response_format"]
    assert (sent["type"], sent["json_schema"]["name"], sent["json_schema"]["strict"]) == (
        "json_schema",
        "Greeting",
        True,
    )
    assert sent["json_schema"]["schema"]["required"] == ["word"]


@pytest.mark.parametrize(
    ("reason", "told"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_an_answer_cut_short_is_incomplete(client, service, backbone, reason, told):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(finish_reason=reason)
    answer = client.responses.create(model="polylect/contextual", input=QUESTION)
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", told)
    assert answer.output[-1].status == "incomplete"
    assert answer.output_text == "All is well."
    found = events(service, {"model": "polylect/contextual", "input": QUESTION})
    check(found)
    assert found[-1]["type"] == "response.incomplete"
    assert found[-1]["response"]["incomplete_details"] == {"reason": told}


def test_an_answer_of_no_words_is_still_a_message(client, service, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=[])
    found = events(service, {"model": "polylect/direct", "input": QUESTION})
    check(found)
    whole = client.responses.create(model="polylect/direct", input=QUESTION)
    assert [item["type"] for item in found[-1]["response"]["output"]] == ["message"]
    assert [(item.type, item.content[0].text) for item in whole.output] == [("message", "")]
