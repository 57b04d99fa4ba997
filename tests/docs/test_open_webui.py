"""The page about Open WebUI, with Open WebUI itself, in an environment of its own that nobody has to have.

python3.11 -m venv .venv-open-webui && .venv-open-webui/bin/pip install open-webui
.venv/bin/python -m pytest -m clients tests/docs/test_open_webui.py
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docs.page_blocks import ROOT
from tests.docs.page_session import free_port, page_session, shell_environment

pytestmark = [pytest.mark.clients, pytest.mark.timeout(300)]

SAID = "All is well. Really."
VENV = Path(os.environ.get("OPEN_WEBUI_VENV", ROOT / ".venv-open-webui")).absolute()
PRIVATE = {
    "ANONYMIZED_TELEMETRY": "false",
    "DO_NOT_TRACK": "true",
    "HF_HUB_OFFLINE": "1",
    "OFFLINE_MODE": "true",
    "RAG_EMBEDDING_ENGINE": "openai",  # else it loads a model of its own, from a hub
    "SCARF_NO_ANALYTICS": "true",
    "WEBUI_AUTH": "false",  # one user, who needs no password
    "WEBUI_SECRET_KEY": "none",
}


@pytest.fixture
def open_webui(url, tmp_path) -> Iterator[httpx.Client]:
    """Open WebUI as the page starts it, and a client that is signed in as its page would be."""
    if not (VENV / "bin" / "open-webui").exists():
        pytest.skip(f"no Open WebUI in {VENV}, which takes 2.4 GB; OPEN_WEBUI_VENV names another")
    port = free_port()
    shell = shell_environment(
        tmp_path, VENV / "bin", Path(sys.executable).parent, DATA_DIR=str(tmp_path), **PRIVATE
    )
    instead = {
        "http://127.0.0.1:8000": url.removesuffix("/v1"),
        "http://127.0.0.1:8080": f"http://127.0.0.1:{port}",
        "--port 8080": f"--port {port}",
        "Qwen/Qwen2.5-7B-Instruct": "scripted",
    }
    with page_session(tmp_path, shell, instead) as session:
        session.run("how-to/works-with/open-webui.md")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            signed_in = client.post("/api/v1/auths/signin", json={"email": "", "password": ""})
            client.headers["Authorization"] = f"Bearer {signed_in.json()['token']}"
            yield client


def test_open_webui(open_webui, backbone):
    listed = {model["id"] for model in open_webui.get("/api/models").json()["data"]}
    assert {"polylect/auto", "polylect/multiplex", "polylect/debate", "scripted"} <= listed

    deltas = list(_streamed(open_webui, "polylect/multiplex", "How should a child address an elder?"))
    assert "".join(delta.get("content") or "" for delta in deltas) == SAID
    thought = "".join(delta.get("reasoning_content") or "" for delta in deltas)
    assert thought.count(f"] {SAID}") == 6
    assert len(backbone.bodies) == 7

    messages = [{"role": "user", "content": "How should a child address an elder?"}]
    asked = {"model": "polylect/multiplex", "messages": messages}
    titled = open_webui.post("/api/v1/tasks/title/completions", json=asked)
    assert titled.json()["choices"][0]["message"]["content"] == SAID
    assert len(backbone.bodies) == 8, "a title is one call of the task model"


def _streamed(client: httpx.Client, model: str, question: str) -> Iterator[dict[str, Any]]:
    body = {"model": model, "messages": [{"role": "user", "content": question}], "stream": True}
    with client.stream("POST", "/api/chat/completions", json=body) as answer:
        for line in answer.iter_lines():
            data = line.removeprefix("data: ")
            if line.startswith("data: ") and data != "[DONE]":
                yield from (choice["delta"] for choice in json.loads(data)["choices"])
