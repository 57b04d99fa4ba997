"""LiteLLM's Router on the road: several deployments behind one name, and its errors as ours."""

import traceback
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.settings import ConfigurationError, Settings

# under load LiteLLM leaves a refused call's connection to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture(scope="module")
def balanced(_backbone, serve_settings) -> Any:
    """Two deployments of one name, which only LiteLLM's Router can balance."""
    params = {"model": "openai/scripted", "api_base": _backbone.url, "api_key": "operator-secret"}
    twice = [{"model_name": "pair", "litellm_params": {**params, "weight": weight}} for weight in (1, 2)]
    with serve_settings(
        Settings(model_list=twice, retries=0, router_settings={"disable_cooldowns": True})
    ) as url:
        yield url


def post(url: str, model: str, **more: Any) -> httpx.Response:
    body = {"model": model, "messages": HELLO, **more}
    return httpx.post(f"{url}/v1/chat/completions", json=body, timeout=30)


@pytest.mark.parametrize("model", ["pair", "polylect/direct", "polylect/contextual", "polylect/multiplex"])
def test_every_mode_works_through_the_router(balanced, backbone, model):
    answer = post(balanced, model, temperature=0.5)
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "All is well."
    assert answer.json()["usage"]["completion_tokens"] == 4 * len(backbone.bodies)
    assert backbone.bodies[-1]["temperature"] == 0.5
    assert backbone.headers[-1]["authorization"] == "Bearer operator-secret"


def test_it_streams(balanced, backbone):
    reply = type(backbone.reply({}))
    sentences = ["All is well in the house. ", "The elders speak first in it. "] * 2
    backbone.reply = lambda body: reply(words=sentences, pause=0.02)
    answer = post(balanced, "polylect/contextual", stream=True)
    assert answer.text.count('"content":"') >= 4
    assert answer.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("model", ["pair", "polylect/direct", "polylect/contextual", "polylect/multiplex"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_client_cannot_choose_where_it_goes_or_with_which_key(balanced, backbone, model, stream):
    elsewhere = "http://127.0.0.1:9/v1"
    wishes: dict[str, Any] = {
        "api_base": elsewhere,
        "base_url": elsewhere,
        "api_key": "the-clients",
        "extra_headers": {"x-evil": "1"},
        "headers": {"x-evil": "1"},
        "extra_body": {"evil": 1},
        "custom_llm_provider": "groq",
        "fallbacks": [{"model": "openai/other", "api_base": elsewhere}],
        "mock_response": "I was never asked.",
        "metadata": {"evil": 1},
        "drop_params": True,
    }
    answer = post(balanced, model, stream=stream, temperature=0.5, top_k=7, **wishes)
    assert answer.status_code == 200, answer.text
    assert "never asked" not in answer.text
    assert len(backbone.bodies) == (7 if model == "polylect/multiplex" else 1)
    for body, headers in zip(backbone.bodies, backbone.headers, strict=True):
        assert headers["authorization"] == "Bearer operator-secret"
        assert "x-evil" not in headers
        assert not {"evil", "metadata", *wishes} & set(body)
    assert backbone.bodies[-1]["temperature"] == 0.5


@pytest.mark.parametrize(
    ("status", "ours", "code"),
    [
        (400, 400, "backbone_rejected"),
        (401, 502, "backbone_rejected"),
        (429, 429, "backbone_rejected"),
        (500, 503, "backbone_unavailable"),
    ],
)
def test_its_errors_are_translated_once(balanced, backbone, status, ours, code):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(status=status, error={"message": "no"})
    answer = post(balanced, "polylect/contextual")
    assert (answer.status_code, answer.json()["error"]["code"]) == (ours, code)


def test_deployments_that_cool_down_are_unavailable_for_so_long(serve_settings, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(status=500, error={"message": "no"})
    params = {"model": "openai/scripted", "api_base": backbone.url, "api_key": "none"}
    deployment = {"model_name": "one", "litellm_params": params}
    cooling = {"allowed_fails": 0, "cooldown_time": 30}
    with serve_settings(Settings(model_list=[deployment], retries=0, router_settings=cooling)) as url:
        answers = [post(url, "polylect/contextual") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {503}
    assert 0 < int(answers[-1].headers["retry-after"]) <= 30


@pytest.mark.parametrize(
    ("params", "routed", "told"),
    [
        ({"model": "s3cret/knows"}, {}, "litellm_params.model of 'x' has no provider"),
        ({"model": "openai/x"}, {"redis_pasword": "s3cret"}, "router_settings.redis_pasword: "),
        ({"model": "openai/x"}, {"routing_strategy": "s3cret"}, "router_settings, model_list: "),
    ],
)
async def test_what_litellm_does_not_take_stops_the_start_and_is_not_repeated(params, routed, told):
    deployment = {"model_name": "x", "litellm_params": {**params, "api_key": "s3cret"}}
    app = create_app(Settings(model_list=[deployment], router_settings={"num_retries": 0, **routed}))
    with pytest.raises(ConfigurationError) as caught:
        async with app.router.lifespan_context(app):
            pass
    assert told in str(caught.value)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_another_service_that_ends_takes_nothing_with_it(balanced, backbone, serve_settings):
    assert post(balanced, "pair").status_code == 200
    params = {"model": "openai/scripted", "api_base": backbone.url, "api_key": "operator-secret"}
    routed = {"disable_cooldowns": True}
    other = {"model_name": "other", "litellm_params": params}
    with serve_settings(Settings(model_list=[other], retries=0, router_settings=routed)) as url:
        assert post(url, "other").status_code == 200
    assert post(balanced, "pair").status_code == 200
