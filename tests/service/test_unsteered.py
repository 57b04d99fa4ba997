"""Completions and embeddings are the backbone's own, on both roads."""

import json
from typing import Any

import httpx
import openai
import pytest

from service.settings import Settings


def test_a_completion_comes_from_the_backbone(client, backbone):
    answer = client.completions.create(model="polylect/multiplex", prompt="Once upon", max_tokens=3)
    assert answer.choices[0].text == "All is well."
    assert answer.usage.total_tokens == 14
    assert backbone.bodies == [{"model": "scripted", "prompt": "Once upon", "max_tokens": 3}]


def test_a_completion_streams(client, backbone):
    with client.completions.create(model="scripted", prompt="Once upon", stream=True) as stream:
        chunks = list(stream)
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == "All is well."


@pytest.mark.parametrize("asked", ["Hello", ["Hello", "there"], [1, 2, 3], [[1, 2], [3]]])
def test_embeddings_come_from_the_backbone(client, backbone, asked):
    answer = client.embeddings.create(model="scripted", input=asked, encoding_format="float")
    assert answer.data[0].embedding == [0.5, -0.5]
    assert backbone.bodies[0]["input"] == asked


@pytest.mark.parametrize("path", ["completions", "embeddings"])
def test_what_the_backbone_says_is_not_touched(service, backbone, path):
    text = {"completions": "prompt", "embeddings": "input"}[path]
    content = json.dumps({"model": "scripted", text: "Hello", "odd": [1, None]}).encode()
    through = httpx.post(f"{service}/v1/{path}", content=content)
    assert through.content == httpx.post(f"{backbone.url}/{path}", content=content).content
    assert backbone.bodies[0] == backbone.bodies[1]
    assert through.headers["x-polylect-mode"] == "direct"


@pytest.mark.parametrize(
    ("path", "body", "param", "code"),
    [
        ("completions", {"model": "scripted"}, "prompt", "invalid_value"),
        ("completions", {"model": "scripted", "prompt": {"a": 1}}, "prompt", "invalid_value"),
        ("completions", {"model": "scripted", "prompt": "a", "n": float("nan")}, "n", "invalid_json"),
        ("embeddings", {"model": "scripted", "input": 5}, "input", "invalid_value"),
        ("embeddings", {"model": "none", "input": "a"}, "model", "model_not_found"),
        ("embeddings", {"model": "scripted", "input": "a" * 900_000}, None, "context_length_exceeded"),
    ],
)
def test_what_is_wrong_never_reaches_the_backbone(service, backbone, path, body, param, code):
    answer = httpx.post(f"{service}/v1/{path}", content=json.dumps(body).encode())
    error = answer.json()["error"]
    assert 400 <= answer.status_code < 500
    assert (error["param"], error["code"]) == (param, code)
    assert backbone.bodies == []


@pytest.fixture(scope="module")
def translated(_backbone: Any, serve_settings: Any) -> Any:
    params = {"model": "openai/scripted", "api_base": _backbone.url, "api_key": "operator-secret"}
    deployment = {"model_name": "translated", "litellm_params": params}
    routed = {"disable_cooldowns": True}
    settings = Settings(model_list=[deployment], retries=0, request_seconds=2, router_settings=routed)
    with serve_settings(settings) as url:
        yield url


def test_embeddings_come_through_litellm_as_well(translated, backbone):
    with openai.OpenAI(base_url=f"{translated}/v1", api_key="none", max_retries=0) as client:
        found = client.embeddings.create(model="translated", input="Hello", encoding_format="float")
        assert found.data[0].embedding == [0.5, -0.5]
        assert (found.model, found.usage.prompt_tokens) == ("translated", 3)
        with pytest.raises(openai.BadRequestError, match="chat/completions"):
            client.completions.create(model="translated", prompt="Once")
    assert [headers["authorization"] for headers in backbone.headers] == ["Bearer operator-secret"]


def test_embeddings_that_do_not_come_are_not_waited_for(translated, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(pause=10)
    answer = httpx.post(
        f"{translated}/v1/embeddings", json={"model": "translated", "input": "Hello"}, timeout=8
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "backbone_timeout")
