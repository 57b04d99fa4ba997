"""How much a backbone takes, by its own word."""

import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from service.settings import Settings
from service.upstream.backbones import open_backbones
from service.upstream.listing import context_of, models_in
from tests.service.conftest import settings_for


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ({"max_model_len": 4096}, 4096),
        ({"context_length": 8192, "id": "x"}, 8192),
        ({"meta": {"n_ctx": 2048}}, 2048),
        ({"meta": None}, None),
        ({"max_model_len": True}, None),
        ({"max_model_len": "4096"}, None),
        ({"max_model_len": 0}, None),
        ({}, None),
    ],
)
def test_each_calls_it_otherwise(model, tokens):
    assert context_of(model) == tokens


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"data": 1}', b'{"data": [{"name": "x"}]}', b"\xff", b"[" * 2000]
)
def test_what_is_no_list_tells_nothing(body):
    assert not models_in(body)


@pytest.fixture
def narrow(_backbone: Any, serve: Any) -> Any:
    """A backbone that says of itself that it takes 700 tokens."""
    twin = type(_backbone)(listed={"max_model_len": 700})
    with serve(twin.app()) as url:
        twin.url = f"{url}/v1"
        yield twin


def ask(url: str) -> dict[str, Any]:
    turns = [
        {"role": ("user", "assistant")[at % 2], "content": f"Number {at}: " + "rice and tea " * 40}
        for at in range(8)
    ]
    body = {
        "model": "polylect/contextual",
        "messages": [*turns, {"role": "user", "content": "Who pours the tea?"}],
        "polylect": {"cultures": ["JP"]},
        "max_tokens": 40,
    }
    answer = httpx.post(f"{url}/v1/chat/completions", json=body, timeout=20)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()["polylect"]
    return told


def test_a_conversation_is_shortened_to_what_the_backbone_says(narrow, serve_settings):
    with serve_settings(settings_for(narrow.url)) as url:
        assert ask(url)["shortened"]["turns"] > 0
    sent = json.dumps(narrow.bodies[-1]["messages"])
    assert "Who pours the tea?" in sent
    assert "Number 0" not in sent


@pytest.fixture
def crowded(serve: Any) -> Any:
    """The address of a provider of five thousand models, the one that we want among the last."""
    told = [{"id": f"model-{number}", "description": "x" * 200} for number in range(5_000)]
    told.append({"id": "scripted", "max_model_len": 700})

    async def models(request: Request) -> JSONResponse:
        return JSONResponse({"object": "list", "data": told})

    with serve(Starlette(routes=[Route("/v1/models", models)])) as url:
        yield f"{url}/v1"


async def test_a_long_list_is_read_to_its_end(crowded):
    settings = settings_for(crowded)
    async with open_backbones(settings.model_list, settings) as backbones:
        assert await backbones.ready() == {"scripted": True}
        assert backbones.contexts == {"scripted": 700}


def test_the_operators_word_wins(narrow, serve_settings):
    params = {"model": "hosted_vllm/scripted", "api_base": narrow.url}
    wide = {"model_name": "scripted", "litellm_params": params, "model_info": {"max_input_tokens": 50_000}}
    with serve_settings(Settings(model_list=[wide])) as url:
        assert "shortened" not in ask(url)


async def test_equal_deployments_take_what_the_narrowest_takes(narrow, backbone):
    settings = settings_for(narrow.url)
    params = [{"model": "hosted_vllm/scripted", "api_base": one.url} for one in (narrow, backbone)]
    pair = Settings(model_list=[{"model_name": "pair", "litellm_params": one} for one in params])
    async with open_backbones(pair.model_list, settings) as backbones:
        assert backbones.contexts == {}
        assert await backbones.ready() == {"pair": True}
        assert backbones.contexts == {"pair": 700}


async def test_one_that_is_not_there_yet_tells_later(narrow):
    settings = settings_for("http://127.0.0.1:9/v1")
    async with open_backbones(settings.model_list, settings) as backbones:
        assert list((await backbones.ready()).values()) == [False]
        assert backbones.contexts == {}
