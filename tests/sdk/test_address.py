"""Where the client goes, with which key, and that OpenAI's own settings stay at home."""

import openai
import pytest
from polylect import AsyncPolylect, Polylect

from tests.sdk.conftest import QUESTION

LOCAL = "http://127.0.0.1:8000/v1/"
OPENAIS = {
    "OPENAI_API_KEY": "sk-hidden",
    "OPENAI_ADMIN_KEY": "sk-hidden-admin",
    "OPENAI_BASE_URL": "http://hidden.example/v1",
    "OPENAI_CUSTOM_HEADERS": "authorization: Bearer hidden\nx-custom: hidden",
    "OPENAI_ORG_ID": "org-hidden",
    "OPENAI_PROJECT_ID": "proj-hidden",
}


@pytest.mark.parametrize("kind", [Polylect, AsyncPolylect])
@pytest.mark.parametrize(
    ("argument", "environment", "expected"),
    [
        (None, None, LOCAL),
        (None, "", LOCAL),
        (None, "http://10.0.0.7:9000\n", "http://10.0.0.7:9000/v1/"),
        ("http://10.0.0.8", "http://10.0.0.7:9000", "http://10.0.0.8/v1/"),
        ("http://10.0.0.8/", None, "http://10.0.0.8/v1/"),
        ("https://[::1]:8000/v1/", None, "https://[::1]:8000/v1/"),
        ("https://example.org/cultures/api", None, "https://example.org/cultures/api/"),
    ],
)
def test_the_address_is_the_argument_else_the_environment_else_local(
    kind, argument, environment, expected, monkeypatch
):
    if environment is not None:
        monkeypatch.setenv("POLYLECT_BASE_URL", environment)
    assert str(kind(base_url=argument).base_url) == expected


@pytest.mark.parametrize(
    "wrong", ["localhost:8000", "127.0.0.1", "ftp://10.0.0.7", "http://", "http://a:b/v1"]
)
def test_what_is_no_address_is_told_at_once(wrong):
    with pytest.raises(openai.OpenAIError, match="http:// or https://"):
        Polylect(base_url=wrong)


def test_the_key_is_the_argument_else_the_environment_else_none(monkeypatch):
    assert Polylect().api_key == "none"
    monkeypatch.setenv("POLYLECT_API_KEY", " pl-theirs\n")
    assert Polylect().api_key == "pl-theirs"
    assert AsyncPolylect(api_key="pl-mine").api_key == "pl-mine"


@pytest.mark.parametrize("wrong", ["pl-schlüssel", "pl-a\r\nx-evil: 1"])
def test_a_key_that_no_header_carries_is_told_at_once_and_not_repeated(wrong):
    with pytest.raises(openai.OpenAIError, match="characters") as raised:
        Polylect(api_key=wrong)
    assert wrong not in str(raised.value)


async def test_nothing_that_is_set_for_openai_is_sent(client_of, url, backbone, monkeypatch):
    for name, value in OPENAIS.items():
        monkeypatch.setenv(name, value)
    client = client_of(url)
    assert (await client("council", QUESTION, cultures=["JP"])).mode == "multiplex"
    with Polylect(base_url=backbone.url) as plain:  # straight to a server that remembers its headers
        for one in (plain, plain.copy(), plain.with_options(timeout=9)):
            one.chat.completions.create(model="any", messages=[{"role": "user", "content": QUESTION}])
            one.models.list()
    async with AsyncPolylect(base_url=backbone.url) as plain:
        await plain.chat.completions.create(model="any", messages=[{"role": "user", "content": QUESTION}])
    seen = backbone.headers[-4:]
    assert all(headers["authorization"] == "Bearer none" for headers in seen)
    assert "hidden" not in str(seen)
    assert not {"openai-organization", "openai-project", "x-custom"} & {name for one in seen for name in one}


def test_what_is_given_is_sent(backbone):
    given = {"organization": "org-mine", "project": "proj-mine", "default_headers": {"x-custom": "mine"}}
    with Polylect(base_url=backbone.url, api_key=lambda: "turning", **given) as client:
        client.chat.completions.create(model="any", messages=[{"role": "user", "content": QUESTION}])
    (headers,) = backbone.headers
    assert headers["authorization"] == "Bearer turning"
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-mine", "proj-mine")
    assert headers["x-custom"] == "mine"
