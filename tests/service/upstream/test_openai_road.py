"""What an OpenAI-compatible backbone is sent."""

import socket
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver

from agents import ModelRequest
from service.settings import LiteLLMParams
from service.upstream.backbones import open_backbones
from service.upstream.openai_road import OpenAIRoad
from tests.service.conftest import settings_for


@pytest.mark.parametrize(("adapter", "asked"), [(None, "scripted"), ("aligned-jp", "aligned-jp")])
async def test_an_adapter_is_asked_in_the_models_place(backbone: Any, adapter: str | None, asked: str):
    settings = settings_for(backbone.url)
    messages = [{"role": "user", "content": "Who eats first?"}]
    request = ModelRequest(messages, "perspective", agent="JP", adapter=adapter)
    async with (
        open_backbones(settings.model_list, settings) as backbones,
        aclosing(backbones.stream(request)) as chunks,
    ):
        assert [chunk async for chunk in chunks]
    assert backbone.bodies[-1]["model"] == asked


class Nearby(AbstractResolver):
    """Every host is this machine."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> Any:
        told = {"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET}
        return [{**told, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("host", "asked", "sent"),
    [
        ("api.openai.com", {"max_tokens": 7}, {"max_completion_tokens": 7}),
        ("api.openai.com", {"max_completion_tokens": 7}, {"max_completion_tokens": 7}),
        ("api.openai.com", {"max_completion_tokens": 7, "max_tokens": 9}, {"max_completion_tokens": 7}),
        ("api.openai.com", {"temperature": 0.5}, {"temperature": 0.5}),
        ("openai.example", {"max_tokens": 7}, {"max_tokens": 7}),
        ("api.openai.com.example", {"max_tokens": 7}, {"max_tokens": 7}),
    ],
)
async def test_openai_itself_is_told_the_bound_by_its_newer_name(
    backbone: Any, host: str, asked: dict[str, Any], sent: dict[str, Any]
):
    base = backbone.url.replace("127.0.0.1", host)
    connector = aiohttp.TCPConnector(resolver=Nearby())
    async with aiohttp.ClientSession(connector=connector) as session:
        road = OpenAIRoad(LiteLLMParams(model="openai/gpt-5", api_base=base), session, retries=0)
        request = ModelRequest([{"role": "user", "content": "Who eats first?"}], "direct", parameters=asked)
        async with aclosing(road.stream(request)) as chunks:
            assert [chunk async for chunk in chunks]
    told = {"model", "messages", "stream", "stream_options"}
    assert {name: value for name, value in backbone.bodies[-1].items() if name not in told} == sent
