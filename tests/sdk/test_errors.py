"""Errors are OpenAI's and say what to do; a server that is no Polylect, or an old one, is told apart."""

import socket

import openai
import pytest
from polylect import NotPolylect

from service.access.keys import create_key
from tests.sdk.conftest import QUESTION, Told
from tests.sdk.strangers import PAGES

ASKED = [("steer", QUESTION), ("council", QUESTION), ("detect", QUESTION), ("score", "Kyoto"), ("cultures",)]


async def test_a_bad_request_is_openais_error(client):
    with pytest.raises(openai.BadRequestError, match="Atlantis") as raised:
        await client("council", QUESTION, cultures=["Atlantis"])
    assert (raised.value.code, raised.value.param) == ("unknown_culture", "polylect.cultures")
    with pytest.raises(openai.NotFoundError) as missing:
        await client("steer", QUESTION, backbone="nobody", stream=True)
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError):
        await client("score", "a" * 100_001)


async def test_a_backbone_that_fails_is_openais_error_and_not_asked_again(client, backbone):
    with pytest.raises(openai.InternalServerError) as raised:
        await client("steer", "FAIL", mode="contextual", extra_headers={"x-mine": "1"})
    assert (raised.value.status_code, raised.value.code) == (502, "backbone_error")
    asked = len(backbone.bodies)
    with pytest.raises(openai.RateLimitError):
        await client("steer", "REFUSE", mode="contextual", stream=True)
    assert len(backbone.bodies) == asked + 1


@pytest.mark.parametrize("question", [None, 7, b"bytes", {"role": "user", "content": "Hello"}])
async def test_what_is_no_question_is_told_before_anything_is_sent(client, backbone, question):
    for method in ("steer", "council", "detect"):
        with pytest.raises(TypeError, match=f"not {type(question).__name__}"):
            await client(method, question)
    assert backbone.bodies == []


@pytest.mark.parametrize("wrong", [{"model": "any"}, {"messages": []}, {"temprature": 1}])
async def test_a_wrong_option_is_told_before_anything_is_sent(client, backbone, wrong):
    with pytest.raises(TypeError, match=next(iter(wrong))):
        await client("steer", QUESTION, **wrong)
    assert backbone.bodies == []


@pytest.fixture(scope="module")
def keyed(_backbone, settings_for, serve_settings, tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    _, secret = create_key(path, "alice")
    with serve_settings(settings_for(_backbone.url, keys_file=path)) as url:
        yield url, secret


async def test_a_wrong_key_is_openais_error_and_the_right_one_works(client_of, keyed, backbone, monkeypatch):
    url, secret = keyed
    for name, *arguments in ASKED:
        with pytest.raises(openai.AuthenticationError) as raised:
            await client_of(url)(name, *arguments)
        assert raised.value.code == "invalid_api_key"
    monkeypatch.setenv("POLYLECT_API_KEY", f"{secret}\n")
    assert (await client_of(url)("council", QUESTION, cultures=["JP"])).mode == "multiplex"


async def test_where_nothing_listens_the_message_names_address_and_cure(client_of):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{probe.getsockname()[1]}"
        for asked in ASKED:
            with pytest.raises(openai.APIConnectionError) as raised:
                await client_of(f"http://me:hidden@{place}")(*asked)
            told = raised.value.message
            assert told == str(raised.value)
            assert told.startswith(f"No server answers at http://{place}/v1 (")
            assert all(word in told for word in ("polylect serve", "base_url", "POLYLECT_BASE_URL"))
            assert "hidden" not in told


async def test_a_server_that_is_too_slow_is_a_timeout(client, backbone, url):
    reply = type(backbone.reply({"messages": []}))
    backbone.reply = lambda body: reply(words=["word "] * 50, pause=0.1)
    with pytest.raises(openai.APITimeoutError, match=f"{url}/v1 did not answer in time"):
        await client("steer", QUESTION, mode="contextual", timeout=0.3)


async def _is_foreign(client, *asked, **options):
    with pytest.raises(NotPolylect) as raised:
        await client(*asked, **options)
    assert raised.value.address == client.url
    assert f"{client.url} is no Polylect" in str(raised.value)
    assert "base_url" in str(raised.value)
    assert isinstance(raised.value, openai.OpenAIError)


async def test_an_openai_compatible_server_is_no_polylect(client_of, backbone):
    for asked in ASKED:
        await _is_foreign(client_of(backbone.url), *asked)


@pytest.mark.parametrize("status", [400, 404, 405, 422])
async def test_nor_is_one_that_refuses_our_model(client_of, backbone, status):
    refused = type(backbone.reply({}))(status=status, error={"message": "no such model", "code": "any"})
    backbone.reply = lambda body: refused
    await _is_foreign(client_of(backbone.url), "council", QUESTION)
    await _is_foreign(client_of(backbone.url), "council", QUESTION, stream=True)


async def test_its_stream_is_told_at_the_first_event_and_closed(client_of, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["word "] * 100, pause=0.05)
    told = Told()
    with pytest.raises(NotPolylect, match="stream"):
        await client_of(backbone.url).take(told, "council", QUESTION, stream=True)
    assert told.events == []


@pytest.mark.parametrize("page", PAGES)
async def test_a_website_is_no_polylect(client_of, strangers, page):
    client = client_of(f"{strangers}/{page}/v1")
    for asked in ASKED:
        await _is_foreign(client, *asked)
    await _is_foreign(client, "steer", QUESTION, stream=True)


async def test_an_answer_without_our_object_is_an_old_servers(client_of, strangers):
    client = client_of(f"{strangers}/old/v1")
    for asked in ASKED:
        await _is_foreign(client, *asked)
    told = Told()
    with pytest.raises(NotPolylect, match="no object 'polylect'"):
        await client.take(told, "council", QUESTION, stream=True)
    assert told.types == ["answer.text"]


async def test_a_server_that_tells_less_or_more_is_understood(client_of, strangers):
    client = client_of(f"{strangers}/lean/v1")
    told = await client.take(Told(), "council", QUESTION, stream=True)
    assert [event.type for event in told.events] == ["voice.started", "answer.text", "answer.finished"]
    for answer in (await client("council", QUESTION), told.stream.answer):
        assert (answer.text, answer.mode, answer.context, answer.pds) == ("Hello.", "multiplex", None, None)
        assert [(one.culture, one.text, one.status) for one in answer.perspectives] == [("JP", "", "spoke")]
        assert answer.to_dict()["later"] == {"a": 1}
        assert answer.perspectives[0].to_dict()["mood"] == "calm"
