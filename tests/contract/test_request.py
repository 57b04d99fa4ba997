"""What a request may say, what is refused before a stream begins, and what goes no further than to us."""

import json

import httpx
import pytest

from service.settings import Settings
from tests.contract.checks import ASKED, post
from tests.service.conftest import Serving, create_app, settings_for

STEERED = ["polylect/contextual", "polylect/multiplex"]
MODES = ["polylect/direct", *STEERED]
VOICES = {"cultures": ["JP", "KE"]}


@pytest.mark.parametrize(
    ("wrong", "status", "param"),
    [
        ({"n": 1000}, 400, "n"),
        ({"messages": []}, 400, "messages"),
        ({"model": "polylect/nothing"}, 404, "model"),
        ({"polylect": {"cultures": ["Atlantis"]}}, 400, "polylect.cultures"),
        ({"polylect": {"reasoning_language": "klingonese"}}, 400, "polylect.reasoning_language"),
    ],
)
def test_what_is_wrong_is_said_before_the_stream_begins(service, backbone, wrong, status, param):
    response = post(service, {"model": "polylect/multiplex", "messages": ASKED, "stream": True, **wrong})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.json()["error"]["param"] == param
    assert backbone.bodies == []


@pytest.mark.parametrize("model", STEERED)
def test_more_than_four_stops_are_400(service, backbone, model):
    response = post(service, {"model": model, "messages": ASKED, "stop": list("abcde"), "polylect": VOICES})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "stop"
    assert backbone.bodies == []


@pytest.mark.parametrize("model", STEERED)
@pytest.mark.parametrize("stop", ["END", ["END"], None])
def test_a_stop_may_be_a_word_a_list_or_nothing(service, backbone, model, stop):
    assert post(service, {"model": model, "messages": ASKED, "stop": stop}).status_code == 200
    assert backbone.bodies[-1].get("stop") == stop


@pytest.mark.parametrize("model", MODES)
def test_null_is_as_good_as_absent(service, backbone, model):
    nothing = dict.fromkeys(["n", "stream", "stream_options", "stop", "seed", "tools", "max_tokens", "user"])
    response = post(service, {"model": model, "messages": ASKED, **nothing})
    assert response.status_code == 200, response.text
    if model == "polylect/direct":
        (body,) = backbone.bodies
        assert body == {"model": "scripted", "messages": ASKED, **nothing}
    else:
        assert not [body for body in backbone.bodies if None in body.values()]


@pytest.mark.parametrize("model", STEERED)
@pytest.mark.parametrize(
    ("bounds", "bound"),
    [
        ({"max_tokens": None}, {"max_tokens": 1_024}),
        ({"max_completion_tokens": None}, {"max_tokens": 1_024}),
        ({"max_completion_tokens": None, "max_tokens": 7}, {"max_tokens": 7}),
        ({"max_completion_tokens": 7, "max_tokens": None}, {"max_completion_tokens": 7}),
    ],
)
def test_a_bound_that_is_null_bounds_nothing_and_stands_in_no_others_way(
    service, backbone, model, bounds, bound
):
    post(service, {"model": model, "messages": ASKED, "polylect": VOICES, **bounds})
    asked = backbone.bodies[-1]
    assert {name: asked[name] for name in asked if name.startswith("max_")} == bound


@pytest.mark.parametrize("model", MODES)
def test_the_clients_own_headers_stay_with_us(service, backbone, model):
    secret = {"authorization": "Bearer client-secret", "cookie": "a=b", "x-api-key": "client-secret"}
    response = httpx.post(
        f"{service}/v1/chat/completions",
        json={"model": model, "messages": ASKED},
        headers=secret,
        timeout=20,
        verify=False,
    )
    assert response.status_code == 200
    assert {sent["authorization"] for sent in backbone.headers} == {"Bearer operator-secret"}
    assert "client-secret" not in json.dumps(backbone.headers)
    assert not any({"cookie", "x-api-key"} & sent.keys() for sent in backbone.headers)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", [*MODES, "polylect/nothing"])
def test_every_answer_has_a_request_id_and_its_duration(service, model, stream):
    headers = post(service, {"model": model, "messages": ASKED, "stream": stream}).headers
    assert headers["x-request-id"].startswith("req_")
    assert int(headers["openai-processing-ms"]) >= 0


@pytest.mark.parametrize("model", STEERED)
def test_a_mode_on_a_named_backbone_is_echoed_as_it_was_asked_for(service, model):
    asked = f"{model}@scripted"
    assert post(service, {"model": asked, "messages": ASKED}).json()["model"] == asked


def test_models_are_created_once(service):
    first, second = (httpx.get(f"{service}/v1/models", verify=False).json() for _ in range(2))
    assert first == second
    assert {model["object"] for model in first["data"]} == {"model"}


def test_the_fingerprint_follows_the_configuration(service, backbone, knowledge):
    here = post(service, {"model": "polylect/contextual", "messages": ASKED}).json()["system_fingerprint"]
    with Serving(create_app(settings_for(backbone.url, agents=3), knowledge=knowledge)) as url:
        there = post(url, {"model": "polylect/contextual", "messages": ASKED}).json()["system_fingerprint"]
    assert here != there


def test_silence_is_broken_after_two_seconds_and_then_every_three():
    fields = Settings.model_fields
    assert [fields[f"keep_alive_{when}"].default for when in ("first", "every")] == [2.0, 3.0]


def test_a_chore_of_open_webui_streams_from_the_backbone_alone(service, backbone):
    body = {"model": "polylect/auto", "stream": True, "messages": ASKED}
    headers = {"X-OpenWebUI-Task": "tags_generation"}
    url = f"{service}/v1/chat/completions"
    response = httpx.post(url, json=body, headers=headers, timeout=20, verify=False)
    assert response.headers["x-polylect-mode"] == "direct"
    assert len(backbone.bodies) == 1
