"""What passes to Gradio, and what of the page is from elsewhere."""

import re

import httpx
import pytest

from tests.service.conftest import ScriptedBackbone


@pytest.fixture
def page(site: str) -> httpx.Response:
    return httpx.get(f"{site}/playground/", headers={"Accept-Encoding": "gzip"})


def test_the_page(page: httpx.Response) -> None:
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Ask once. Hear several cultures." in page.text


def test_without_its_slash_too(site: str) -> None:
    answer = httpx.get(f"{site}/playground", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.url.path == "/playground/"


def test_nothing_of_it_is_from_elsewhere(page: httpx.Response, site: str) -> None:
    for tag in re.findall(r"<(?:script|link|img|iframe|meta|base)\b[^>]*>", page.text):
        assert "http" not in tag or "http-equiv" in tag or "www.w3.org" in tag, tag
    assert "fonts.g" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_nothing_tells_anybody(page: httpx.Response) -> None:
    assert '"analytics_enabled":false' in page.text.replace(" ", "")
    assert '"footer_links":[]' in page.text.replace(" ", "")


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/upload",
        "gradio_api/file=/etc/passwd",
        "gradio_api/proxy=http://127.0.0.1/",
        "gradio_api/vibe-edit",
        "gradio_api/process_recording",
        "gradio_api/openapi.json",
        "gradio_api/run/ask",
        "gradio_api/call/ask",
        "monitoring",
        "login",
        "assets/%2e%2e/%2e%2e/pyproject.toml",
        "docs",
    ],
)
def test_what_the_page_does_not_need_is_not_there(site: str, path: str) -> None:
    with httpx.Client(base_url=f"{site}/playground/") as client:
        assert client.get(path).status_code == 404
        assert client.post(path, json={}).status_code == 404


def test_no_files_in_what_is_sent(site: str) -> None:
    files = {"file": ("a.txt", b"x")}
    address = f"{site}/playground/gradio_api/component_server"
    assert httpx.post(address, files=files, data={"fn_name": "facts"}).status_code == 404


def test_no_more_than_a_conversation_needs(site: str) -> None:
    address = f"{site}/playground/gradio_api/queue/join"
    assert httpx.post(address, json={"data": ["x" * 1_000_001]}).status_code == 404


def test_it_says_that_it_lives(site: str) -> None:
    assert httpx.get(f"{site}/playground/alive").status_code == 204


def test_the_service_beside_it_is_as_it_was(site: str, backbone: ScriptedBackbone) -> None:
    assert httpx.get(f"{site}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{site}/nowhere").json()["error"]["code"] == "unknown_url"
    assert not any(
        path.startswith("/playground") for path in httpx.get(f"{site}/openapi.json").json()["paths"]
    )


def test_another_sites_page_may_not_drive_it(site: str) -> None:
    foreign = {"Origin": "https://evil.example"}
    address = f"{site}/playground/gradio_api/queue/join"
    assert httpx.post(address, json={}, headers=foreign).status_code == 403
    assert httpx.get(f"{site}/playground/", headers={"Host": "evil.example"}).status_code == 403
