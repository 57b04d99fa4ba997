"""One request is many calls: every number in it has a bound, and a bound that is passed is named."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from service.access.keys import create_key
from service.access.limits import KeyAdmission
from service.app import create_app
from service.errors import TooManyAtOnce
from service.planned import plan_request, run
from service.wire import ChatRequest

HELLO = [{"role": "user", "content": "Hello"}]
CAPS = {
    "max_agents": 4,
    "max_choices": 2,
    "max_rounds": 1,
    "max_input_tokens": 100,
    "max_output_tokens": 50,
    "max_response_bytes": 2_000,
    "max_fan_outs": 1,
    "request_seconds": 1.0,
    "direct_seconds": 1.0,
    "min_voices": 2,
}


@pytest.fixture(scope="module")
def capped(_backbone: Any, settings_for: Any, serve_settings: Any) -> Iterator[str]:
    with serve_settings(settings_for(_backbone.url, **CAPS)) as url:
        yield url


def post(url: str, path: str = "chat/completions", *, authorization: str = "", **body: Any) -> httpx.Response:
    asked = {"model": "polylect/multiplex", "messages": HELLO, **body}
    headers = {"authorization": authorization} if authorization else {}
    return httpx.post(f"{url}/v1/{path}", content=json.dumps(asked).encode(), headers=headers, timeout=20)


@pytest.mark.parametrize("model", ["polylect/multiplex", "polylect/contextual"])
@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"polylect": {"max_agents": 5}}, "polylect.max_agents"),
        ({"polylect": {"cultures": ["JP", "KE", "BR", "IN", "EG"]}}, "polylect.cultures"),
        ({"polylect": {"rounds": 2}}, "polylect.rounds"),
        ({"n": 3}, "n"),
        ({"max_tokens": 51}, "max_tokens"),
        ({"max_completion_tokens": 51}, "max_completion_tokens"),
        ({"messages": [{"role": "user", "content": "a" * 404}]}, "messages"),
    ],
)
def test_what_is_over_a_cap_is_400_before_any_call(capped, backbone, model, body, param):
    answer = post(capped, model=model, **body)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, param)
    assert backbone.bodies == []


@pytest.mark.parametrize("model", ["scripted", "polylect/direct"])
@pytest.mark.parametrize("asked", [51, 51.5, "50", "100000", [51], 10**30])
def test_no_way_of_writing_a_number_escapes_its_cap(capped, backbone, model, asked):
    for name in ("max_tokens", "max_completion_tokens"):
        error = post(capped, model=model, **{name: asked}).json()["error"]
        assert (error["param"], error["code"]) == (name, "invalid_value")
        assert "50" in error["message"]
    answer = post(capped, "responses", model=model, input="Hello", messages=None, max_output_tokens=asked)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "max_output_tokens")
    assert backbone.bodies == []


@pytest.mark.parametrize("model", ["scripted", "polylect/direct"])
def test_choices_are_capped_for_a_backbones_own_id_too(capped, backbone, model):
    answer = post(capped, model=model, n=3)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, "n", "unsupported_option")
    assert backbone.bodies == []
    assert post(capped, model=model, n=2, max_tokens=50).status_code == 200
    assert backbone.bodies[0]["n"] == 2


@pytest.mark.parametrize(
    ("name", "asked"),
    [("max_tokens", 51), ("max_tokens", "9"), ("n", 3), ("n", "1"), ("best_of", 3), ("best_of", [1])],
)
def test_text_completions_have_the_same_caps(capped, backbone, name, asked):
    answer = post(capped, "completions", model="scripted", prompt="Once", messages=None, **{name: asked})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, name)
    assert backbone.bodies == []


def test_every_text_that_is_written_counts_as_a_call(backbone, serve_settings, settings_for, tmp_path):
    path = tmp_path / "keys.json"
    _, secret = create_key(path, "Ana", requests_per_minute=100)
    asked: list[tuple[str, dict[str, Any], int]] = [
        ("chat/completions", {"model": "scripted"}, 1),
        ("chat/completions", {"model": "scripted", "n": 3}, 3),
        ("chat/completions", {"model": "scripted", "n": -3}, 1),
        ("chat/completions", {"model": "polylect/direct", "n": 4}, 4),
        ("chat/completions", {"model": "polylect/contextual", "n": 2}, 2),
        ("completions", {"model": "scripted", "prompt": "Once", "n": 2, "best_of": 5}, 5),
        ("completions", {"model": "scripted", "prompt": ["Once", "Twice"], "n": 2}, 4),
        ("completions", {"model": "scripted", "prompt": [1, 2, 3]}, 1),
        ("completions", {"model": "scripted", "prompt": [[1, 2], [3]]}, 2),
        ("embeddings", {"model": "scripted", "input": ["Once", "Twice"]}, 1),
    ]
    left = 100
    with serve_settings(settings_for(backbone.url, keys_file=path)) as url:
        for where, body, calls in asked:
            answer = post(url, where, authorization=f"Bearer {secret}", **body)
            left -= calls
            assert answer.status_code == 200
            assert answer.headers["x-ratelimit-remaining-requests"] == str(left), (where, body)


@pytest.mark.parametrize("model", ["scripted", "polylect/direct"])
def test_tokens_are_capped_for_a_backbones_own_id_too(capped, backbone, model):
    assert post(capped, model=model, max_tokens=51).json()["error"]["param"] == "max_tokens"
    long = [{"role": "user", "content": "a" * 404}]
    assert post(capped, model=model, messages=long).json()["error"]["code"] == "context_length_exceeded"
    assert backbone.bodies == []


def test_the_caps_of_chat_hold_for_responses(capped, backbone):
    asked = {"input": "Hello", "messages": None}
    assert post(capped, "responses", **asked, max_output_tokens=51).json()["error"]["param"] == (
        "max_output_tokens"
    )
    assert post(capped, "responses", **{**asked, "input": "a" * 404}).status_code == 400
    assert backbone.bodies == []


def test_one_council_at_once_and_the_next_is_told_to_come_back(capped, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["a "] * 3, pause=0.1)
    first = threading.Thread(target=post, args=(capped,))
    first.start()
    while not backbone.running:
        time.sleep(0.01)
    for stream in (False, True):
        refused = post(capped, stream=stream)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_fan_outs")
        assert int(refused.headers["retry-after"]) >= 1
    assert post(capped, model="polylect/contextual").status_code == 200, "one call is no council"
    first.join()
    assert post(capped).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_council_without_a_seat_costs_its_key_nothing(
    backbone, knowledge, serve, settings_for, tmp_path, stream
):
    path = tmp_path / "keys.json"
    _, secret = create_key(path, "Ana", requests_per_minute=100, tokens_per_minute=1_000)
    settings = settings_for(backbone.url, keys_file=path, max_fan_outs=1)
    app = create_app(settings, knowledge=knowledge)
    with serve(app, settings) as url:
        authorization = f"Bearer {secret}"
        with app.state.fan_outs.seat(2):
            for _ in range(3):
                refused = post(url, authorization=authorization, stream=stream)
                assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_fan_outs")
        left = post(url, authorization=authorization, model="scripted").headers
    assert left["x-ratelimit-remaining-requests"] == "99"
    assert left["x-ratelimit-remaining-tokens"] == "998"


async def test_a_council_that_loses_the_last_seat_is_given_back_its_charge(
    backbone, knowledge, settings_for, tmp_path
):
    path = tmp_path / "keys.json"
    key, _ = create_key(path, "Ana", requests_per_minute=100, tokens_per_minute=1_000, tokens_per_month=9_000)
    app = create_app(settings_for(backbone.url, keys_file=path, max_fan_outs=1), knowledge=knowledge)
    async with app.router.lifespan_context(app):
        limits = app.state.rate_limits
        state = {"admission": KeyAdmission(key, limits)}
        request = Request({"type": "http", "app": app, "headers": [], "state": state})
        planned = await plan_request(request, ChatRequest(model="polylect/multiplex", messages=HELLO))
        assert int(planned.headers["x-ratelimit-remaining-requests"]) < 99
        with app.state.fan_outs.seat(2), pytest.raises(TooManyAtOnce):
            await anext(run(request, planned))
        left = await limits.charge(key, calls=1, tokens=9_000 - 8_000)
    assert left["x-ratelimit-remaining-requests"] == "99"
    assert left["x-ratelimit-remaining-tokens"] == "0"
    assert backbone.bodies == []


@pytest.mark.parametrize(
    "model", ["scripted", "polylect/direct", "polylect/contextual", "polylect/multiplex"]
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_without_end_is_ended(capped, backbone, model, stream):
    reply = type(backbone.reply({}))
    endless = reply(words=[f"word {number} " * 50 for number in range(60)], pause=0.002)
    backbone.reply = lambda body: reply() if body.get("max_tokens") == 300 else endless
    answer = post(capped, model=model, stream=stream)
    assert len(answer.content) < 16_000
    error = json.loads('{"error"' + answer.text.rsplit('"error"', 1)[1].splitlines()[0])["error"]
    assert "2,000 bytes" in error["message"]
    assert answer.status_code == (200 if stream else 502)


@pytest.mark.parametrize("model", ["scripted", "polylect/contextual", "polylect/multiplex"])
def test_time_is_capped(capped, backbone, model):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["a "] * 30, pause=0.2)
    begun = time.monotonic()
    answer = post(capped, model=model, stream=True)
    assert time.monotonic() - begun < 4
    assert '"code":"backbone_timeout"' in answer.text


def test_too_few_voices_are_no_council(capped, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply() if "日本" in str(body["messages"]) else reply(words=[])
    answer = post(capped, polylect={"cultures": ["JP", "KE", "BR"]})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (502, "too_few_voices")
    assert "KE: it said nothing" in error["message"]
    assert answer.headers["x-should-retry"] == "false"
