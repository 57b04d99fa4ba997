"""Backbones over real sockets: there, dead, of another name, with another key, silent."""

import socket

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from service.doctor.backbones import backbones
from service.settings import Deployment, Settings
from tests.service.conftest import Reply

SETTINGS = Settings()
LOGPROBS = {"content": [{"token": "All", "logprob": -0.1, "top_logprobs": []}]}


def frames(*, usage=True, logprobs=True):
    choice = {"index": 0, "delta": {"content": "All"}, "finish_reason": "length"}
    told = [{"choices": [choice | ({"logprobs": LOGPROBS} if logprobs else {})]}]
    counted = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    return told + [{"choices": [], "usage": counted}] * usage


@pytest.fixture
def look(deployment):
    async def look_at(*given, settings=SETTINGS, ask=True, **more):
        return {one.check: one for one in await backbones([deployment(*given, **more)], settings, ask=ask)}

    return look_at


@pytest.fixture
def listing(serve):
    """A server that only lists models, or does not."""

    def build(answer, path="/v1/models"):
        async def models(request):
            return answer

        return serve(Starlette(routes=[Route(path, models)]))

    return build


async def test_a_backbone_that_is_well(backbone, look):
    backbone.reply = lambda body: Reply(frames=frames())
    found = await look(backbone.url)
    assert {one.state for one in found.values()} == {"ok"}
    assert "lists scripted" in found["backbone mine"].found
    answer = found["answer of mine"].found
    assert "one token in " in answer
    assert "with log-probabilities; it reports usage" in answer
    [asked] = backbone.bodies
    assert (asked["max_tokens"], asked["stream"], asked["logprobs"]) == (1, True, True)
    assert found["context of mine"].found == "4,096 tokens"


async def test_nobody_is_asked_where_nobody_may_be(backbone, look):
    found = await look(backbone.url, ask=False)
    assert found["answer of mine"].state == "skipped"
    assert backbone.bodies == []


async def test_a_backbone_without_log_probabilities_or_usage(backbone, look):
    def reply(body):
        return (
            Reply(status=400, error={"message": "no logprobs"})
            if "logprobs" in body
            else Reply(frames=frames(usage=False, logprobs=False))
        )

    backbone.reply = reply
    answer = (await look(backbone.url))["answer of mine"]
    assert answer.state == "warning"
    assert "without log-probabilities; it reports no usage" in answer.found


async def test_a_dead_backbone(look):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
    found = await look(url)
    assert found["backbone mine"].state == "problem"
    assert f"nobody answers at {url} (Connection refused)" in found["backbone mine"].found
    assert "api_base of mine" in found["backbone mine"].cure
    assert "answer of mine" not in found


async def test_a_host_that_nobody_knows(look):
    found = await look("http://nobody.invalid/v1")
    assert "nobody answers at http://nobody.invalid/v1" in found["backbone mine"].found


async def test_a_wrong_model_name_is_named_with_the_right_one(backbone, look):
    backbone.reply = lambda body: Reply(status=404, error={"message": "no such model"})
    found = await look(backbone.url, model="hosted_vllm/scribted")
    assert found["backbone mine"].state == "problem"
    assert "does not list scribted, but scripted" in found["backbone mine"].found
    assert found["backbone mine"].cure == "model: hosted_vllm/scripted"
    assert found["answer of mine"].state == "problem"
    assert "it knows no hosted_vllm/scribted (404)" in found["answer of mine"].found


async def test_an_alias_that_is_served_though_it_is_not_listed(backbone, look):
    found = await look(backbone.url, model="hosted_vllm/alias")
    assert found["backbone mine"].state == "warning"
    assert "answers all the same" in found["backbone mine"].found
    assert (await look(backbone.url, model="hosted_vllm/alias", ask=False))[
        "backbone mine"
    ].state == "problem"


async def test_a_key_that_only_the_model_call_needs(backbone, look):
    backbone.reply = lambda body: Reply(status=401, error={"message": "Incorrect API key: operator-secret"})
    answer = (await look(backbone.url))["answer of mine"]
    assert (answer.state, answer.found) == ("problem", "its key is refused (401)")
    assert "api_key of mine" in answer.cure


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (JSONResponse({"error": "operator-secret"}, 401), "its key is refused (401)"),
        (JSONResponse({}, 503), "answers 503"),
        (RedirectResponse("/elsewhere"), "redirects (307)"),
        (JSONResponse({"object": "list", "data": []}), "does not list scripted, but nothing"),
    ],
)
async def test_what_the_list_of_models_says(listing, look, answer, told):
    with listing(answer) as url:
        found = await look(f"{url}/v1", ask=False)
    assert found["backbone mine"].state == "problem"
    assert told in found["backbone mine"].found
    assert found["backbone mine"].cure
    assert "operator-secret" not in str(found)


async def test_a_forgotten_v1_is_found(listing, look):
    with listing(JSONResponse({"data": []})) as url:
        found = await look(url)
    assert (found["backbone mine"].state, found["backbone mine"].cure) == ("problem", f"api_base: {url}/v1")


async def test_a_backbone_without_a_list_is_asked_all_the_same(backbone, listing, look):
    with listing(JSONResponse({}), "/elsewhere") as url:
        found = await look(f"{url}/v1")
    assert "lists no models (404)" in found["backbone mine"].found
    assert "it knows no" in found["answer of mine"].found


async def test_a_backbone_that_is_silent(backbone, look):
    backbone.reply = lambda body: Reply(pause=1.0, words=["late"])
    answer = (await look(backbone.url, settings=Settings(voice_seconds=0.5)))["answer of mine"]
    assert (answer.state, answer.found) == ("problem", "not one token within 0.5 s")


async def test_a_stream_that_is_none(backbone, look):
    backbone.reply = lambda body: Reply(raw=b'{"choices": []}')
    answer = (await look(backbone.url))["answer of mine"]
    assert (answer.state, "not a stream" in answer.found) == ("problem", True)


async def test_a_stream_that_holds_nothing(backbone, look):
    backbone.reply = lambda body: Reply(frames=[])
    assert (await look(backbone.url))["answer of mine"].found == "its stream held no token"


async def test_words_of_a_refusal_that_can_be_mended_are_told(backbone, look):
    backbone.reply = lambda body: Reply(status=400, error={"message": "use max_completion_tokens"})
    answer = (await look(backbone.url))["answer of mine"]
    assert (answer.state, "use max_completion_tokens" in answer.found) == ("problem", True)


@pytest.mark.parametrize(
    ("told", "state", "words"),
    [
        (None, "ok", None),
        (4096, "warning", "max_input_tokens: 2048"),
        (2048, "ok", None),
    ],
)
async def test_the_context_is_compared_with_what_the_server_says(listing, entry, told, state, words):
    answer = JSONResponse({"data": [{"id": "scripted", "max_model_len": 2048}]})
    with listing(answer) as url:
        one = Deployment(**entry(f"{url}/v1") | {"model_info": {"max_input_tokens": told} if told else {}})
        found = {line.check: line for line in await backbones([one], SETTINGS, ask=False)}
    line = found["context of mine"]
    assert line.state == state
    assert words is None or words in line.cure
    assert "2,048" in line.found


async def test_a_context_that_the_service_would_not_read_is_to_be_told(listing, entry):
    answer = JSONResponse({"data": [{"id": "scripted", "max_model_len": 2048}]})
    with listing(answer) as url:
        untold = entry(f"{url}/v1") | {"model_info": {}}
        other = entry(f"{url}/v1", model="hosted_vllm/other") | {"model_info": {}}
        routed = await backbones([Deployment(**untold)], Settings(router_settings={"timeout": 9}), ask=False)
        mixed = await backbones([Deployment(**untold), Deployment(**other)], SETTINGS, ask=False)
    for found in (routed, mixed):
        line = next(one for one in found if one.check == "context of mine")
        assert (line.state, "max_input_tokens: 2048" in line.cure) == ("warning", True)


async def test_backbones_are_looked_at_together_and_told_in_their_order(backbone, deployment):
    beside = []

    def reply(body):
        beside.append(backbone.running)
        return Reply(words=["slow"], pause=0.4)

    backbone.reply = reply
    several = [deployment(backbone.url, name=name) for name in "abcd"]
    found = await backbones(several, SETTINGS, ask=True)
    assert max(beside) > 0
    assert [one.check for one in found if one.check.startswith("backbone")] == [
        f"backbone {name}" for name in "abcd"
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_provider_is_asked_through_litellm(backbone, look, capfd):
    found = await look(backbone.url, model="openai/scripted", temperature=0)
    assert "through LiteLLM" in found["backbone mine"].found
    assert found["answer of mine"].state == "ok"
    backbone.reply = lambda body: Reply(status=401, error={"message": "Incorrect API key: operator-secret"})
    found = await look(backbone.url, model="openai/scripted", temperature=0)
    assert found["answer of mine"].found == "its key is refused (401)"
    assert "operator-secret" not in "".join(capfd.readouterr())


async def test_router_settings_that_litellm_does_not_know(backbone, look):
    settings = Settings(router_settings={"no_such": 1})
    found = await look(backbone.url, settings=settings, ask=False)
    assert found["router_settings"].state == "problem"
    assert "no_such" in found["router_settings"].found
