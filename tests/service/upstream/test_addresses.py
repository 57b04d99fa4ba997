"""No address of a request is fetched by LiteLLM from this machine; the fast road hands all of them on."""

import base64
import json
from typing import Any

import httpx
import pytest

URL = "http://127.0.0.1:9/secret.png"
DATA = "data:image/png;base64,iVBORw0KGgo="
OWN_ID = base64.urlsafe_b64encode(f"litellm_proxy:pdf;llm_output_file_id,{URL}".encode()).decode().rstrip("=")
MODELS = ["translated", "polylect/direct", "polylect/contextual", "polylect/multiplex"]


@pytest.fixture(scope="module")
def translated(_backbone: Any, serve_settings: Any, settings_for: Any) -> Any:
    params = {"model": "openai/scripted", "api_base": _backbone.url, "api_key": "operator-secret"}
    deployment = {"model_name": "translated", "litellm_params": params}
    routed = {"disable_cooldowns": True}
    with serve_settings(
        settings_for(_backbone.url, model_list=[deployment], router_settings=routed, retries=0)
    ) as url:
        # LiteLLM silences its own warnings when it is imported: for the running test alone.
        _backbone.forget()
        assert post(url, model="translated", messages=user()).status_code == 200
        yield url


def post(url: str, path: str = "chat/completions", **body: Any) -> httpx.Response:
    return httpx.post(f"{url}/v1/{path}", content=json.dumps(body).encode(), timeout=20)


def user(*parts: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "text", "text": f"What is at {URL}?"}, *parts]}]


FETCHED: list[tuple[dict[str, Any], str]] = [
    ({"type": "image_url", "image_url": {"url": URL}}, "image_url.url"),
    ({"type": "image_url", "image_url": {"url": f" {URL}"}}, "image_url.url"),
    ({"type": "image_url", "image_url": {"url": "//127.0.0.1/x"}}, "image_url.url"),
    ({"type": "image_url", "image_url": {"url": "data:image/gs://bucket;base64,aa"}}, "image_url.url"),
    ({"type": "image_url", "image_url": "gs://bucket/secret"}, "image_url"),
    ({"type": "input_image", "image_url": URL}, "image_url"),
    ({"type": "video_url", "video_url": {"url": URL}}, "video_url.url"),
    ({"type": "audio_url", "audio_url": {"url": URL}}, "audio_url.url"),
    ({"type": "input_audio", "input_audio": {"data": URL, "format": "wav"}}, "input_audio.data"),
    ({"type": "file", "file": {"file_id": URL}}, "file.file_id"),
    ({"type": "file", "file": {"file_id": OWN_ID}}, "file.file_id"),
    ({"type": "file", "file": {"file_data": URL}}, "file.file_data"),
    ({"type": "file", "file": URL}, "file"),
    ({"type": "document", "source": {"type": "url", "url": URL}}, "source.url"),
    ({"type": "tool_result", "content": [{"type": "image", "source": {"url": URL}}]}, "content.0.source.url"),
]


@pytest.mark.parametrize(("part", "param"), FETCHED)
def test_an_address_is_refused_before_any_call(translated, backbone, part, param):
    for model in MODELS:
        answer = post(translated, model=model, messages=user(part))
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (400, "unsupported_option"), answer.text
        assert error["param"] == f"messages.0.content.1.{param}"
        assert error["param"] in error["message"]
        assert "data:" in error["message"]
        assert "secret.png" not in error["message"]
    assert backbone.bodies == []


def test_a_tools_result_and_an_answers_images_are_looked_into(translated, backbone):
    part = {"type": "image_url", "image_url": {"url": URL}}
    hello = {"role": "user", "content": "Hello"}
    tool = {"role": "tool", "tool_call_id": "1", "content": [part]}
    said = {"role": "assistant", "content": "Here.", "images": [part]}
    for message, param in ((tool, "content.0"), (said, "images.0")):
        answer = post(translated, model="translated", messages=[hello, message, hello])
        assert answer.json()["error"]["param"] == f"messages.1.{param}.image_url.url"
    assert backbone.bodies == []


@pytest.mark.parametrize("model", MODELS)
def test_in_responses_the_part_is_named_as_it_was_written(translated, backbone, model):
    image = {"type": "input_image", "image_url": URL}
    given = [
        ([{"role": "user", "content": [image]}], "input[0].content[0].image_url"),
        (
            [
                {"role": "user", "content": "Look"},
                {"type": "function_call", "call_id": "1", "name": "f", "arguments": json.dumps({"url": URL})},
                {"type": "function_call_output", "call_id": "1", "output": [image]},
            ],
            "input[2].output[0].image_url",
        ),
        (
            [{"role": "user", "content": [{"type": "input_file", "file_data": URL}]}],
            "input[0].content[0].file_data",
        ),
    ]
    for items, param in given:
        answer = post(translated, "responses", model=model, input=items, instructions="Be kind.")
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert backbone.bodies == []


def test_content_itself_ids_and_words_go_through(translated, backbone):
    parts = [
        {"type": "image_url", "image_url": {"url": DATA}},
        {"type": "file", "file": {"file_id": "file-abc123"}},
        {"type": "file", "file": {"file_data": DATA, "filename": f"{URL}.pdf"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    ]
    cited = {"type": "url_citation", "url_citation": {"url": URL}}
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"url": URL})}}
    earlier = [
        {"role": "assistant", "content": f"See {URL}", "annotations": [cited], "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": URL},
    ]
    answer = post(translated, model="translated", messages=[*user(*parts), *earlier])
    assert answer.status_code == 200, answer.text
    assert DATA in json.dumps(backbone.bodies[0])


@pytest.mark.parametrize("model", ["scripted", "polylect/direct", "polylect/contextual"])
def test_the_fast_road_hands_addresses_on(service, backbone, model):
    part = {"type": "image_url", "image_url": {"url": URL}}
    answer = post(service, model=model, messages=user(part))
    assert answer.status_code == 200
    assert part in backbone.bodies[0]["messages"][-1]["content"]
