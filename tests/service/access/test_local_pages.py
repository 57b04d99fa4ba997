"""A keyless service and the pages of its operator's browser; raw, since HTTP clients mend what they send."""

import http.client
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from service.access.keys import create_key

PATH = "/v1/chat/completions"
ASKED = {"model": "polylect/contextual", "messages": [{"role": "user", "content": "Hello"}]}
HERE = "127.0.0.1:8000"

FOREIGN = [
    {"Host": "evil.example"},
    {"Host": "evil.example:8000"},
    {"Host": "EVIL.EXAMPLE."},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "localhost.evil.example"},
    {"Host": "evillocalhost.example"},
    {"Host": "127.0.0.1@evil.example"},
    {"Host": "xn--e1afmkfd.example"},
    {"Host": "my.server.com", "Origin": "http://localhost"},
    {"Host": HERE, "Origin": "https://evil.example"},
    {"Host": HERE, "Origin": "http://localhost.evil.example:3000"},
    {"Host": HERE, "Origin": "null"},
    {"Host": HERE, "Origin": "http://8.8.8.8"},
    {"Host": HERE, "Origin": "http://[2606:4700::1111]:3000"},
]
OURS = [
    {"Host": HERE},
    {"Host": "localhost:8000"},
    {"Host": "LocalHost."},
    {"Host": "app.localhost"},
    {"Host": "[::1]:8000"},
    {"Host": "0.0.0.0:8000"},
    {"Host": "192.168.1.20"},
    {"Host": "polylect"},
    {"Host": "host.docker.internal:8000"},
    {"Host": HERE, "Origin": "http://localhost:3000"},
    {"Host": HERE, "Origin": "http://127.0.0.1:8080"},
    {"Host": HERE, "Origin": "http://[::1]:8080"},
    {"Host": HERE, "Origin": "http://192.168.1.20:3000"},
    {"Host": HERE, "Origin": "http://open-webui:8080"},
    {"Host": HERE, "Origin": "chrome-extension://abcdefghijklmnop"},
    {"Host": HERE, "Origin": "app://obsidian.md"},
]


def ask(
    url: str, headers: Mapping[str, str], *, path: str = PATH, kind: str | None = "application/json"
) -> tuple[http.client.HTTPResponse, bytes]:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    body = json.dumps(ASKED).encode() if path == PATH else b""
    connection.putrequest("POST" if body else "GET", path, skip_host=True)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        connection.putheader(name, value)
    if body and kind:
        connection.putheader("Content-Type", kind)
    connection.endheaders(body)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


@pytest.mark.parametrize("kind", ["application/json", None])
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_foreign_site_is_refused_before_a_backbone_is_asked(service, backbone, headers, kind):
    response, content = ask(service, headers, kind=kind)
    error = json.loads(content)["error"]
    assert (response.status, error["code"]) == (403, "foreign_site")
    assert error["param"] == ("origin" if headers["Host"] == HERE else "host")
    assert "POLYLECT_KEYS_FILE" in error["message"]
    assert "evil" not in error["message"]
    assert response.headers["x-request-id"]
    assert backbone.bodies == []


@pytest.mark.parametrize("headers", OURS, ids=str)
def test_programs_and_the_machines_own_pages_are_served(service, backbone, headers):
    response, content = ask(service, headers)
    assert response.status == 200, content
    assert len(backbone.bodies) == 1


@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/healthz", "/readyz", "/openapi.json", "/v1/no"])
def test_a_foreign_site_reads_nothing(service, path):
    response, content = ask(service, {"Host": "evil.example"}, path=path)
    assert (response.status, json.loads(content)["error"]["code"]) == (403, "foreign_site")


def test_one_foreign_header_among_good_ones_is_enough(service, backbone):
    response, _ = ask(service, {"Host": HERE, "Origin": "http://localhost", "origin": "https://evil.example"})
    assert response.status == 403
    assert backbone.bodies == []


def test_with_keys_a_service_has_whatever_name_its_operator_gives_it(
    serve_settings, settings_for, backbone, tmp_path
):
    _, secret = create_key(tmp_path / "keys.json", "Ana")
    headers = {"Host": "my.server.com", "Origin": "https://my.server.com"}
    with serve_settings(settings_for(backbone.url, keys_file=tmp_path / "keys.json")) as url:
        assert ask(url, headers)[0].status == 401
        assert ask(url, {**headers, "Authorization": f"Bearer {secret}"})[0].status == 200
