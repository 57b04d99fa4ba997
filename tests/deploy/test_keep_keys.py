"""The Job that keeps the first keys: against a server that creates a thing once, as Kubernetes does."""

import base64
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "kubernetes" / "base" / "keep_keys.py"
PATH = "/api/v1/namespaces/polylect/secrets"


class Api(HTTPServer):
    """Keeps what was created; `refuse` is a status that it answers instead."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Create)
        self.kept: dict[str, Any] = {}
        self.refuse: int | None = None


class Create(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != PATH or self.headers["Authorization"] != "Bearer token-of-the-job":
            status = 403
        elif self.server.refuse:
            status = self.server.refuse
        elif body["metadata"]["name"] in self.server.kept:
            status = 409
        else:
            status, self.server.kept[body["metadata"]["name"]] = 201, body
        self.send_response(status)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Silent."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def account(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("token-of-the-job\n")
    (tmp_path / "namespace").write_text("polylect")
    return tmp_path


def keep(folder: Path, *options: object, **surroundings: str) -> "subprocess.CompletedProcess[str]":
    folder.mkdir(exist_ok=True)
    for name in ("keys.json", "first-key", "prometheus-key"):
        (folder / name).write_text(f"{name} of {folder.name}\n")
    command = [sys.executable, str(SCRIPT), str(folder), *map(str, options)]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=30)


def value(secret: dict[str, Any], name: str) -> str:
    return base64.b64decode(secret["data"][name]).decode()


def test_all_is_kept_as_one_secret(api, account, tmp_path):
    done = keep(tmp_path / "first", "--api", f"http://127.0.0.1:{api.server_port}", "--account", account)
    assert done.returncode == 0, done.stderr
    secret = api.kept["polylect-keys"]
    assert value(secret, "keys.json") == "keys.json of first"
    assert value(secret, "first-key") == "first-key of first"
    assert value(secret, "prometheus-key") == "prometheus-key of first"
    assert value(secret, "redis-url") == f"redis://:{value(secret, 'redis-password')}@polylect-redis:6379/0"
    assert len({value(secret, "redis-password"), value(secret, "vllm-api-key")}) == 2
    assert "get secret polylect-keys" in done.stdout
    assert not [name for name in secret["data"] if value(secret, name) in done.stdout]


def test_what_is_there_stays(api, account, tmp_path):
    options = ("--api", f"http://127.0.0.1:{api.server_port}", "--account", account)
    assert keep(tmp_path / "first", *options).returncode == 0
    again = keep(tmp_path / "second", *options)
    assert again.returncode == 0
    assert "stays as it is" in again.stdout
    assert value(api.kept["polylect-keys"], "keys.json") == "keys.json of first"


def test_a_refusal_is_an_error(api, account, tmp_path):
    api.refuse = 403
    done = keep(tmp_path / "first", "--api", f"http://127.0.0.1:{api.server_port}", "--account", account)
    assert done.returncode == 1
    assert "status 403" in done.stderr


def test_in_the_cluster_it_speaks_tls_to_the_server_that_the_account_trusts(api, account, tmp_path, tool):
    certificate, key = tmp_path / "ca.crt", tmp_path / "ca.key"
    made_for = ("-subj", "/CN=api", "-addext", "subjectAltName=IP:127.0.0.1")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    tool("openssl", "req", "-x509", "-nodes", *kind, "-keyout", key, "-out", certificate, *made_for)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    api.socket = context.wrap_socket(api.socket, server_side=True)
    where = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(api.server_port)}
    done = keep(tmp_path / "first", "--account", account, **where)
    assert done.returncode == 0, done.stderr
    assert "polylect-keys" in api.kept
