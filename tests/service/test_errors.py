"""Bad input and bad backbones: a clear error in OpenAI's envelope that names the value and the cure."""

import json
from typing import Any

import httpx
import openai
import pytest

from service.app import create_app
from service.settings import Settings

HELLO = [{"role": "user", "content": "Hello"}]


def post(service: str, content: bytes | dict[str, Any]) -> httpx.Response:
    if isinstance(content, dict):
        content = json.dumps(content).encode()
    return httpx.post(f"{service}/v1/chat/completions", content=content, timeout=20)


def envelope(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert response.headers["x-request-id"]
    return body["error"]


BAD_REQUESTS = [
    (b"{not json", None, "invalid_json"),
    (b"", None, "invalid_json"),
    (b"[]", None, "invalid_value"),
    (
        b'{"model": "polylect/auto", "messages": [{"role": "user", "content": "\\ud800"}]}',
        None,
        "invalid_json",
    ),
    ({"messages": HELLO}, "model", "invalid_value"),
    ({"model": 7, "messages": HELLO}, "model", "invalid_value"),
    ({"model": "polylect/auto"}, "messages", "invalid_value"),
    ({"model": "polylect/auto", "messages": []}, "messages", "invalid_value"),
    ({"model": "polylect/auto", "messages": "Hello"}, "messages", "invalid_value"),
    ({"model": "polylect/auto", "messages": [{"content": "Hello"}]}, "messages.0.role", "invalid_value"),
    ({"model": "polylect/auto", "messages": [{"role": "king"}]}, "messages.0.role", "invalid_value"),
    (
        {"model": "polylect/auto", "messages": [{"role": "user", "content": 3}]},
        "messages.0.content",
        "invalid_value",
    ),
    ({"model": "polylect/auto", "messages": HELLO, "stream": "perhaps"}, "stream", "invalid_value"),
    ({"model": "polylect/multiplex", "messages": HELLO, "n": 0}, "n", "unsupported_option"),
    ({"model": "polylect/multiplex", "messages": HELLO, "n": 1000}, "n", "unsupported_option"),
    ({"model": "polylect/auto", "messages": HELLO, "polylect": []}, "polylect", "invalid_value"),
    (
        {"model": "polylect/auto", "messages": HELLO, "polylect": {"culture": []}},
        "polylect.culture",
        "invalid_value",
    ),
    (
        {"model": "polylect/auto", "messages": HELLO, "polylect": {"mode": "x"}},
        "polylect.mode",
        "unsupported_option",
    ),
    (
        {"model": "polylect/multiplex", "messages": HELLO, "polylect": {"cultures": ["Atlantis"]}},
        "polylect.cultures",
        "unknown_culture",
    ),
    (
        {"model": "polylect/multiplex", "messages": HELLO, "polylect": {"max_agents": 0}},
        "polylect.max_agents",
        "unsupported_option",
    ),
    (
        {
            "model": "polylect/multiplex",
            "messages": HELLO,
            "polylect": {"cultures": ["JP", "KE"], "max_agents": 1},
        },
        "polylect.cultures",
        "unsupported_option",
    ),
    (
        {"model": "polylect/direct", "messages": HELLO, "polylect": {"cultures": ["JP"]}},
        "polylect.cultures",
        "unsupported_option",
    ),
    (
        {"model": "polylect/multiplex", "messages": HELLO, "polylect": {"reasoning_language": "klingonese"}},
        "polylect.reasoning_language",
        "unknown_language",
    ),
]


@pytest.mark.parametrize(("content", "param", "code"), BAD_REQUESTS)
def test_a_bad_request_is_400_and_names_the_field(service, backbone, content, param, code):
    response = post(service, content)
    error = envelope(response)
    assert response.status_code == 400
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    assert param is None or param.split(".")[-1].rstrip("s") in error["message"]
    assert backbone.bodies == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["gpt-4o", "polylect/nothing", "polylect/multiplex@nobody", "polylect/"])
def test_an_unknown_model_is_404(client, model, stream):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model=model, messages=HELLO, stream=stream)
    assert caught.value.code == "model_not_found"
    assert "polylect/multiplex" in caught.value.message


def test_an_unknown_culture_comes_with_near_matches(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model="polylect/multiplex", messages=HELLO, extra_body={"polylect": {"cultures": ["Jappan"]}}
        )
    assert caught.value.code == "unknown_culture"
    assert "'Jappan'" in caught.value.message
    assert "JP" in caught.value.message


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/v1/nothing", 404, "unknown_url"), ("GET", "/v1/chat/completions", 405, "method_not_allowed")],
)
def test_unknown_urls_and_methods_answer_in_the_envelope(service, method, path, status, code):
    response = httpx.request(method, f"{service}{path}")
    assert response.status_code == status
    assert envelope(response)["code"] == code


def test_a_body_too_large_is_413(backbone, serve, settings_for, knowledge):
    with serve(create_app(settings_for(backbone.url, max_body_bytes=10_000), knowledge=knowledge)) as url:
        response = post(url, {"model": "polylect/auto", "messages": HELLO, "padding": "x" * 10_000})
    assert response.status_code == 413
    assert envelope(response)["code"] == "body_too_large"


@pytest.fixture(scope="module")
def orphan(serve_settings) -> str:
    """A service whose backbone is down: nothing listens on its port."""
    with serve_settings(Settings(**DOWN)) as url:
        yield url


DOWN: dict[str, Any] = {
    "model_list": [
        {
            "model_name": "down",
            "litellm_params": {"model": "hosted_vllm/down", "api_base": "http://127.0.0.1:9/v1"},
        }
    ],
    "retries": 1,
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["down", "polylect/direct", "polylect/contextual", "polylect/multiplex"])
def test_a_backbone_that_is_down_is_503_and_never_a_hang(orphan, model, stream):
    response = post(orphan, {"model": model, "messages": HELLO, "stream": stream})
    assert response.status_code == 503
    assert envelope(response)["code"] == "backbone_unavailable"
    assert response.headers["x-should-retry"] == "false"
    assert httpx.get(f"{orphan}/readyz").status_code == 503
    assert httpx.get(f"{orphan}/healthz").status_code == 200


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["polylect/contextual", "polylect/multiplex"])
def test_a_backbones_429_is_forwarded_with_its_retry_after(service, backbone, model, stream):
    reply = type(backbone.reply({}))
    limited = reply(status=429, error={"message": "slow down"}, headers={"Retry-After": "17"})
    backbone.reply = lambda body: limited
    response = post(service, {"model": model, "messages": HELLO, "stream": stream})
    assert (response.status_code, response.headers["retry-after"]) == (429, "17")
    assert envelope(response)["type"] == "rate_limit_error"


def test_a_backbone_that_refuses_our_key_is_the_operators_problem(service, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(status=401, error={"message": "bad key"})
    response = post(service, {"model": "polylect/contextual", "messages": HELLO})
    assert response.status_code == 502
    assert envelope(response)["code"] == "backbone_rejected"


def test_an_error_in_mid_stream_is_a_frame_and_then_done(service, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(break_after=2, pause=0.2)
    body = {"model": "polylect/contextual", "messages": HELLO, "stream": True}
    response = post(service, body)
    frames = [frame for frame in response.text.split("\n\n") if frame and not frame.startswith(":")]
    assert response.status_code == 200
    assert frames[-1] == "data: [DONE]"
    error = json.loads(frames[-2].removeprefix("data: "))["error"]
    assert (error["type"], error["code"]) == ("upstream_error", "backbone_unavailable")
    assert "All" in response.text


def test_nothing_of_ours_leaks_when_the_service_itself_fails(knowledge, serve, settings_for, backbone):
    class Broken:
        def stream(self, request: object) -> None:
            raise RuntimeError("secret /etc/passwd")

    with serve(create_app(settings_for(backbone.url), model=Broken(), knowledge=knowledge)) as url:
        response = post(url, {"model": "polylect/contextual", "messages": HELLO})
    assert response.status_code == 500
    assert envelope(response)["type"] == "server_error"
    assert "secret" not in response.text
