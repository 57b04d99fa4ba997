"""The gate: who passes, what the others are told, and that slots come back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import httpx
import openai
import pytest
from limits.aio.storage import MemoryStorage
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Message, Receive, Scope, Send

from service.access.admission import admission_of
from service.access.auth import Gate
from service.access.keys import Key, Keys, create_key, revoke_key
from service.access.limits import RateLimits
from service.access.slots import LocalSlots
from service.app import create_app
from service.errors import RateLimited, TooManyAtOnce
from service.settings import Settings

HELLO = [{"role": "user", "content": "Hello"}]
KEYS: dict[str, dict[str, object]] = {
    "unlimited": {},
    "narrow": {"models": ("polylect/*",)},
    "scraper": {"models": ("/metrics",)},
    "everything": {"models": ("*",)},
    "few": {"requests_per_minute": 2},
    "poor": {"tokens_per_month": 40},
    "single": {"concurrent": 1},
    "leaver": {"concurrent": 1},
    "revoked": {},
}


@dataclass
class Guarded:
    """A service with a key for each of KEYS."""

    url: str
    path: Path
    made: dict[str, tuple[Key, str]]
    keyless: openai.OpenAI

    def client(self, name: str) -> openai.OpenAI:
        return self.using(self.made[name][1])

    def using(self, secret: str) -> openai.OpenAI:
        return self.keyless.with_options(api_key=secret)


@pytest.fixture(scope="module")
def _guarded(_backbone, settings_for, serve_settings, tmp_path_factory) -> Iterator[Guarded]:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    made = {name: create_key(path, name, **limits) for name, limits in KEYS.items()}
    options = {"api_key": "none", "max_retries": 0, "timeout": 20}
    with ExitStack() as stack:
        url = stack.enter_context(serve_settings(settings_for(_backbone.url, keys_file=path)))
        keyless = stack.enter_context(openai.OpenAI(base_url=f"{url}/v1", **options))
        yield Guarded(url, path, made, keyless)


@pytest.fixture
def guarded(_guarded: Guarded, backbone) -> Guarded:
    return _guarded


def eventually(holds: Callable[[], bool], seconds: float = 3.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


WRONG: list[list[tuple[str, str]]] = [
    [],
    [("Authorization", "Bearer pl-wrong")],
    [("Authorization", "Bearer")],
    [("Authorization", "Basic {secret}")],
    [("Authorization", "{secret}")],
    [("X-API-Key", "{secret}")],
    [("Authorization", "Bearer {secret}"), ("Authorization", "Bearer {secret}")],
    [("Authorization", "Bearer {secret}x")],
]


@pytest.mark.parametrize("path", ["/v1/models", "/v1/chat/completions", "/v1/nothing", "/v1", "/metrics"])
def test_without_its_key_nothing_is_told(guarded, backbone, path):
    with httpx.Client(base_url=guarded.url) as client:
        for headers in WRONG:
            secret = guarded.made["unlimited"][1]
            sent = [(name, value.format(secret=secret)) for name, value in headers]
            response = client.request("POST" if "chat" in path else "GET", path, headers=sent)
            error = response.json()["error"]
            assert response.status_code == 401, headers
            assert set(error) == {"message", "type", "param", "code"}
            assert (error["type"], error["code"]) == ("invalid_request_error", "invalid_api_key")
            assert response.headers["www-authenticate"] == "Bearer"
            assert response.headers["x-request-id"]
            assert "pl-" not in response.text
    assert backbone.bodies == []


def test_the_official_client_sees_an_authentication_error(guarded):
    with pytest.raises(openai.AuthenticationError) as caught:
        guarded.using("pl-wrong").chat.completions.create(model="polylect/auto", messages=HELLO)
    assert caught.value.code == "invalid_api_key"
    assert caught.value.request_id


def test_a_key_opens_and_the_scheme_may_be_written_in_any_case(guarded):
    client = guarded.client("unlimited")
    answer = client.chat.completions.create(model="polylect/contextual", messages=HELLO)
    assert answer.choices[0].message.content == "All is well."
    headers = {"authorization": f"bearer {guarded.made['unlimited'][1]}"}
    assert httpx.get(f"{guarded.url}/v1/models", headers=headers).status_code == 200


def test_the_backbone_never_sees_the_key(guarded, backbone):
    guarded.client("unlimited").chat.completions.create(model="scripted", messages=HELLO)
    assert backbone.headers[0]["authorization"] == "Bearer operator-secret"


def test_probes_need_no_key(guarded):
    assert httpx.get(f"{guarded.url}/healthz").status_code == 200
    assert httpx.get(f"{guarded.url}/readyz").status_code == 200


def test_a_key_sees_and_uses_its_own_models_alone(guarded):
    client = guarded.client("narrow")
    assert [one.id.split("/")[0] for one in client.models.list()] == ["polylect"] * 6
    assert client.models.retrieve("polylect/multiplex@scripted").id == "polylect/multiplex@scripted"
    for refused in (
        lambda: client.models.retrieve("scripted"),
        lambda: client.chat.completions.create(model="scripted", messages=HELLO),
    ):
        with pytest.raises(openai.NotFoundError) as caught:
            refused()
        assert caught.value.code == "model_not_found"
        assert "polylect/auto" in caught.value.message
        assert ", scripted" not in caught.value.message
    assert "scripted" in [one.id for one in guarded.client("unlimited").models.list()]


@pytest.mark.parametrize(
    ("name", "status"), [("unlimited", 200), ("everything", 200), ("scraper", 200), ("narrow", 403)]
)
def test_what_all_keys_do_is_for_keys_that_allow_everything_or_the_metrics(guarded, name, status):
    headers = {"Authorization": f"Bearer {guarded.made[name][1]}"}
    answer = httpx.get(f"{guarded.url}/metrics", headers=headers)
    assert answer.status_code == status
    assert ("polylect_requests_total" in answer.text) == (status == 200)
    if status == 403:
        error = answer.json()["error"]
        assert (error["type"], error["code"]) == ("invalid_request_error", "insufficient_permissions")
        assert "--model /metrics" in error["message"]


def test_a_key_for_the_metrics_asks_no_model(guarded, backbone):
    client = guarded.client("scraper")
    assert client.models.list().data == []
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="scripted", messages=HELLO)
    assert backbone.bodies == []


def test_the_official_client_sees_a_rate_limit_error_with_its_headers(guarded):
    client = guarded.client("few")
    for remaining in ("1", "0"):
        raw = client.chat.completions.with_raw_response.create(model="scripted", messages=HELLO)
        assert raw.headers["x-ratelimit-remaining-requests"] == remaining
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="scripted", messages=HELLO, stream=True)
    headers = caught.value.response.headers
    assert (caught.value.type, caught.value.code) == ("requests", "rate_limit_exceeded")
    assert 1 <= int(headers["retry-after"]) <= 60
    assert headers["x-ratelimit-limit-requests"] == "2"
    assert headers["x-request-id"]
    assert client.models.list().data, "what costs no call of a backbone is not refused"


def test_a_budget_that_is_used_up_is_not_tried_again(guarded):
    client = guarded.client("poor").with_options(max_retries=2)
    ask = client.chat.completions.create
    with pytest.raises(openai.RateLimitError) as caught:
        _ = [ask(model="scripted", messages=HELLO) for _ in range(20)]
    assert caught.value.code == "insufficient_quota"
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert caught.value.response.request.headers["x-stainless-retry-count"] == "0"


@pytest.mark.parametrize("model", ["scripted", "polylect/contextual", "polylect/multiplex"])
@pytest.mark.parametrize("stream", [False, True])
def test_one_after_the_other_never_meets_its_own_slot(guarded, model, stream):
    client = guarded.client("single")
    for _ in range(5):
        answer = client.chat.completions.create(model=model, messages=HELLO, stream=stream)
        assert not stream or list(answer)


def test_more_than_its_slots_at_once_is_429(guarded, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(pause=0.05)
    client = guarded.client("single")

    def ask(_: int) -> str | None:
        try:
            client.chat.completions.create(model="scripted", messages=HELLO)
        except openai.RateLimitError as error:
            return f"{error.code}, {error.response.headers['retry-after']}"
        return None

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(ask, range(3)))
    assert sorted(outcomes, key=str) == [None, *["too_many_concurrent_requests, 1"] * 2]
    assert ask(3) is None


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["scripted", "polylect/multiplex"])
async def test_who_leaves_gives_the_slot_back(guarded, backbone, model, stream):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["word "] * 50, pause=0.1)
    headers = {"Authorization": f"Bearer {guarded.made['leaver'][1]}"}
    body = {"model": model, "messages": HELLO, "stream": stream}
    async with httpx.AsyncClient(base_url=guarded.url, headers=headers) as client:
        asking = asyncio.create_task(client.post("/v1/chat/completions", json=body))
        assert await asyncio.to_thread(eventually, lambda: backbone.running > 0)
        assert (await client.get("/v1/models")).status_code == 429
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    def free() -> bool:
        return httpx.get(f"{guarded.url}/v1/models", headers=headers).status_code == 200

    assert await asyncio.to_thread(eventually, free)


@pytest.mark.parametrize("last", [b"All is well.", b"data: {}\n\ndata: [DONE]\n\n", b"data: [DONE]\r\n\r\n"])
async def test_slot_and_tokens_are_settled_before_the_client_sees_the_end(tmp_path, last):
    key, secret = create_key(tmp_path / "keys.json", "Ana", concurrent=1, tokens_per_minute=100)
    limits = RateLimits(MemoryStorage(), LocalSlots())
    state = SimpleNamespace(keys=Keys(tmp_path / "keys.json"), rate_limits=limits)
    ended = []

    async def spends(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["admission"].spend(100)
        await send({"type": "http.response.body", "body": b"data: {}\n\n", "more_body": True})
        await send({"type": "http.response.body", "body": last, "more_body": last.startswith(b"data")})

    async def send(message: Message) -> None:
        if message["body"] != last:
            with pytest.raises(TooManyAtOnce):
                await limits.enter(key)
            return
        await limits.leave(key, await limits.enter(key))
        with pytest.raises(RateLimited):
            await limits.charge(key, calls=1, tokens=1)
        ended.append(message)

    scope = {"type": "http", "path": "/v1/models", "app": SimpleNamespace(state=state)}
    scope["headers"] = [(b"authorization", f"Bearer {secret}".encode())]
    await Gate(spends)(scope, None, send)
    assert len(ended) == 1


async def test_a_failing_application_gives_the_slot_back(tmp_path):
    key, secret = create_key(tmp_path / "keys.json", "Ana", concurrent=1)
    limits = RateLimits(MemoryStorage(), LocalSlots())
    state = SimpleNamespace(keys=Keys(tmp_path / "keys.json"), rate_limits=limits)

    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("scripted")

    scope = {"type": "http", "path": "/v1/models", "app": SimpleNamespace(state=state)}
    scope["headers"] = [(b"authorization", f"Bearer {secret}".encode())]
    with pytest.raises(RuntimeError, match="scripted"):
        await Gate(fails)(scope, None, None)
    assert await limits.enter(key)


def test_a_revoked_key_is_refused_within_two_seconds_without_a_restart(guarded):
    client = guarded.client("revoked")
    assert client.models.list().data
    revoke_key(guarded.path, guarded.made["revoked"][0].id)

    def refused() -> bool:
        try:
            client.models.list()
        except openai.AuthenticationError:
            return True
        return False

    assert eventually(refused, 2.0)


def test_without_keys_authorization_is_ignored(service):
    headers = {"Authorization": "Basic nonsense"}
    assert httpx.get(f"{service}/v1/models", headers=headers).status_code == 200


def beside_the_gate(settings: Settings) -> Starlette:
    """The application below a path of another one: endpoints are found, the gate sees a strange path."""
    app = create_app(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with app.router.lifespan_context(app):
            yield

    return Starlette(routes=[Mount("/behind", app)], lifespan=lifespan)


ENDPOINTS: list[tuple[str, str, dict[str, object] | None]] = [
    ("POST", "/v1/chat/completions", {"model": "polylect/contextual", "messages": HELLO}),
    ("POST", "/v1/chat/completions", {"model": "scripted", "messages": HELLO}),
    ("POST", "/v1/responses", {"model": "polylect/contextual", "input": "Hello"}),
    ("POST", "/v1/embeddings", {"model": "scripted", "input": "Hello"}),
    ("GET", "/v1/models", None),
    ("GET", "/v1/models/scripted", None),
    ("GET", "/metrics", None),
]


def test_with_keys_nothing_is_served_to_who_came_past_the_gate(serve, settings_for, guarded, backbone):
    with serve(beside_the_gate(settings_for(backbone.url, keys_file=guarded.path))) as url:
        for method, path, body in ENDPOINTS:
            answer = httpx.request(method, f"{url}/behind{path}", json=body)
            assert answer.status_code == 500, path
            assert answer.json()["error"]["type"] == "server_error"
            assert "gate" not in answer.text
        assert httpx.get(f"{url}/behind/healthz").status_code == 200
    assert backbone.bodies == []


def test_without_keys_it_is_served_below_another_path_too(serve, settings_for, backbone):
    with serve(beside_the_gate(settings_for(backbone.url))) as url:
        for method, path, body in ENDPOINTS:
            assert httpx.request(method, f"{url}/behind{path}", json=body).status_code == 200, path


def test_no_admission_is_no_leave():
    with pytest.raises(RuntimeError, match="has not passed the gate"):
        admission_of({})
