"""What a client of OpenAI's may expect of any endpoint: the same checks before every backbone.

They are tests that want two fixtures of whoever imports them: `endpoint`, the service's address, and
`unable`, what its backbone lacks: n, logprobs, json_schema, tools, or speed for a second council. They never
look at words.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

QUESTION = "How should a child address an elder?"
ASKED = [{"role": "user", "content": QUESTION}]
MODES = ["polylect/direct", "polylect/contextual", "polylect/multiplex"]
COUNCIL = {"cultures": ["JP"]}

TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "enum": ["Nairobi", "Lima"]}},
            "required": ["city"],
        },
    },
}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Nairobi"}'},
}
SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "verdict",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"yes": {"type": "boolean"}},
            "required": ["yes"],
            "additionalProperties": False,
        },
    },
}


def body_of(model: str, **more: Any) -> dict[str, Any]:
    """A short request; a council is of one voice, so that slow backbones are soon done."""
    council = {"polylect": COUNCIL} if model == "polylect/multiplex" else {}
    bound = {} if "max_completion_tokens" in more else {"max_tokens": 8}
    return {"model": model, "messages": ASKED, **bound, **council, **more}


def post(endpoint: str, body: dict[str, Any]) -> httpx.Response:
    """A certificate store that nobody needs would take longer to read than the answer."""
    return httpx.post(f"{endpoint}/v1/chat/completions", json=body, timeout=120, verify=False)


def frames_of(text: str) -> list[str]:
    """What a stream's frames carry; comments are left out."""
    assert text.endswith("\n\n")
    frames = [frame for frame in text.split("\n\n")[:-1] if not frame.startswith(":")]
    assert all(frame.startswith("data: ") and "\n" not in frame for frame in frames)
    return [frame.removeprefix("data: ") for frame in frames]


def chunks_of(endpoint: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The chunks of a stream that ends with `[DONE]`."""
    response = post(endpoint, {**body, "stream": True})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    *chunks, done = frames_of(response.text)
    assert done == "[DONE]"
    return [json.loads(chunk) for chunk in chunks]


def text_of(chunks: list[dict[str, Any]], index: int = 0) -> str:
    choices = [choice for chunk in chunks for choice in chunk["choices"] if choice["index"] == index]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def requires(unable: frozenset[str], feature: str) -> None:
    if feature in unable:
        pytest.skip(f"this backbone has no {feature}")


@pytest.fixture
def official(endpoint: str) -> Iterator[openai.OpenAI]:
    plain = httpx.Client(verify=False, timeout=120)
    with openai.OpenAI(base_url=f"{endpoint}/v1", api_key="none", max_retries=0, http_client=plain) as client:
        yield client


@pytest.mark.parametrize("model", MODES)
def test_a_whole_answer_has_what_openai_requires(endpoint, unable, model):
    if model == "polylect/multiplex":
        requires(unable, "speed")
    response = post(endpoint, body_of(model))
    answer = response.json()
    assert response.status_code == 200, answer
    assert response.headers["content-type"].startswith("application/json")
    assert {"id", "object", "created", "model", "choices", "usage"} <= answer.keys()
    assert answer["object"] == "chat.completion"
    (choice,) = answer["choices"]
    assert choice["index"] == 0
    assert choice["message"]["role"] == "assistant"
    assert choice["finish_reason"] in {"stop", "length"}
    usage = answer["usage"]
    assert usage["prompt_tokens"] > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    if model != "polylect/direct":
        assert answer["model"] == model
        assert answer["system_fingerprint"].startswith("fp_")
        assert {"index", "message", "finish_reason", "logprobs"} <= choice.keys()
        assert {"role", "content", "refusal"} <= choice["message"].keys()
        stages = answer["polylect"]["usage"].values()
        assert usage["total_tokens"] == sum(stage["total_tokens"] for stage in stages)


@pytest.mark.parametrize("model", MODES)
def test_a_stream_has_one_identity_an_order_and_usage_at_the_end(endpoint, model):
    chunks = chunks_of(endpoint, body_of(model, stream_options={"include_usage": True}))
    assert len({(chunk["id"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    assert chunks[0]["object"] == "chat.completion.chunk"
    *others, last = chunks
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] > 0
    assert others[0]["choices"][0]["delta"]["role"] == "assistant"
    reasons = [choice["finish_reason"] for chunk in others for choice in chunk["choices"]]
    assert set(reasons[:-1]) <= {None}
    assert reasons[-1] in {"stop", "length"}
    if model != "polylect/direct":
        assert len({chunk["created"] for chunk in chunks}) == 1
        assert all(chunk["usage"] is None for chunk in others)
        assert others[-1]["choices"][0]["delta"] == {}


def test_usage_is_not_sent_to_those_who_did_not_ask(endpoint):
    chunks = chunks_of(endpoint, body_of("polylect/contextual"))
    assert all("usage" not in chunk and chunk["choices"] for chunk in chunks)


def test_the_bound_on_an_answer_is_its_finish_reason(endpoint):
    answer = post(endpoint, body_of("polylect/contextual", max_tokens=3)).json()
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] <= 3
    assert answer["choices"][0]["message"]["content"]


def test_the_newer_bound_wins_over_the_older(endpoint):
    answer = post(endpoint, body_of("polylect/contextual", max_completion_tokens=2, max_tokens=40)).json()
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] <= 2


def test_two_choices_stream_side_by_side(endpoint, unable):
    requires(unable, "n")
    chunks = chunks_of(endpoint, body_of("polylect/contextual", n=2, temperature=1.0))
    for index in (0, 1):
        mine = [choice for chunk in chunks for choice in chunk["choices"] if choice["index"] == index]
        assert mine[0]["delta"]["role"] == "assistant"
        assert mine[-1]["finish_reason"] in {"stop", "length"}
        assert {one["finish_reason"] for one in mine[:-1]} <= {None}


@pytest.mark.parametrize("model", ["polylect/direct", "polylect/contextual"])
def test_logprobs_are_of_the_answers_own_tokens(endpoint, unable, model):
    requires(unable, "logprobs")
    asked = body_of(model, logprobs=True, top_logprobs=2, max_tokens=4)
    choice = post(endpoint, asked).json()["choices"][0]
    said = choice["logprobs"]["content"]
    assert said
    assert all(one["logprob"] < 0.01 and one["top_logprobs"] for one in said)
    chunks = chunks_of(endpoint, asked)
    streamed = [choice.get("logprobs") for chunk in chunks for choice in chunk["choices"]]
    assert any(one and one["content"] for one in streamed)


@pytest.mark.parametrize("model", ["polylect/direct", "polylect/contextual"])
def test_a_json_schema_shapes_the_answer(endpoint, unable, model):
    requires(unable, "json_schema")
    answer = post(endpoint, body_of(model, response_format=SCHEMA, max_tokens=40, temperature=0)).json()
    (choice,) = answer["choices"]
    text = choice["message"]["content"]
    assert text.lstrip().startswith("{")
    if choice["finish_reason"] == "stop":
        assert isinstance(json.loads(text)["yes"], bool)


def test_a_tool_is_called_and_its_result_is_heard(endpoint, unable, official):
    requires(unable, "tools")
    question = [{"role": "user", "content": "What is the weather in Nairobi?"}]
    request = {"model": "polylect/contextual", "tools": [TOOL], "extra_body": {"polylect": COUNCIL}}
    first = official.chat.completions.create(
        messages=question, tool_choice="required", max_tokens=60, **request
    )
    (choice,) = first.choices
    assert choice.finish_reason == "tool_calls"
    call = choice.message.tool_calls[0]
    assert call.id
    assert call.function.name == "weather"
    assert json.loads(call.function.arguments)["city"] in {"Nairobi", "Lima"}
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    heard = [*question, choice.message.model_dump(exclude_none=True), result]
    second = official.chat.completions.create(messages=heard, tool_choice="none", max_tokens=8, **request)
    assert second.choices[0].finish_reason in {"stop", "length"}


def test_a_stop_is_not_in_the_text(endpoint):
    answer = post(endpoint, body_of("polylect/contextual", stop=["e", "i"], max_tokens=20)).json()
    assert not {"e", "i"} & set(answer["choices"][0]["message"]["content"])
    assert answer["choices"][0]["finish_reason"] in {"stop", "length"}


def test_every_role_and_shape_of_content_is_taken(endpoint):
    messages = [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Hello."}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        {"role": "assistant", "content": "Sunny."},
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": QUESTION, "name": "Ann"},
    ]
    response = post(endpoint, body_of("polylect/contextual", messages=messages, metadata={"future": "field"}))
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_too_long_for_the_backbone_is_400(endpoint, stream):
    messages = [{"role": "user", "content": "word " * 40_000}]
    body = body_of("polylect/contextual", messages=messages, stream=stream, polylect={"cultures": ["JP"]})
    response = post(endpoint, body)
    assert response.status_code == 400, response.text
    assert set(response.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("model", ["polylect/direct", "polylect/contextual"])
def test_the_official_clients_own_accumulator_reads_the_stream(official, model):
    with official.chat.completions.stream(
        model=model, messages=ASKED, max_tokens=6, stream_options={"include_usage": True}
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.current_completion_snapshot  # the final one is refused where tokens ran out
    assert "content.delta" in kinds
    assert final.choices[0].message.content
    assert final.choices[0].finish_reason in {"stop", "length"}
    assert final.usage.total_tokens > 0


async def test_the_asynchronous_client_gets_whole_and_stream_and_the_request_id(endpoint):
    async with openai.AsyncOpenAI(base_url=f"{endpoint}/v1", api_key="none", max_retries=0) as client:
        whole = await client.chat.completions.create(
            model="polylect/contextual",
            messages=ASKED,
            max_tokens=4,
            extra_headers={"x-request-id": "mine-2"},
        )
        assert whole._request_id == "mine-2"
        stream = await client.chat.completions.create(
            model="polylect/contextual", messages=ASKED, max_tokens=4, stream=True
        )
        reasons = [chunk.choices[0].finish_reason async for chunk in stream]
        assert reasons[-1] in {"stop", "length"}
        assert int(stream.response.headers["openai-processing-ms"]) >= 0
        assert stream.response.headers["x-request-id"]
