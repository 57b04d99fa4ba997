"""The pages about other people's programs, line by line, with the programs themselves."""

import json
import sys
from pathlib import Path

import pytest

from tests.clients.conftest import HERE, VENV, node_or_skip
from tests.docs.page_session import free_port, page_session, shell_environment

pytestmark = [pytest.mark.clients, pytest.mark.timeout(240)]

SAID = "All is well. Really."
COMMANDS = Path(sys.executable).parent


@pytest.fixture
def session(url, environment, tmp_path):
    """A shell in which the clients' Python comes first, and a LiteLLM proxy on 4000 is one on a free port."""
    port = free_port()
    told = {name: value for name, value in environment.items() if name not in {"PATH", "HOME"}}
    shell = shell_environment(tmp_path, VENV / "bin", COMMANDS, **told)
    (tmp_path / "node_modules").symlink_to(HERE / "npm" / "node_modules")
    instead = {
        "http://127.0.0.1:8000": url.removesuffix("/v1"),
        "http://127.0.0.1:4000": f"http://127.0.0.1:{port}",
        "--port 4000": f"--port {port}",
    }
    with page_session(tmp_path, shell, instead) as session:
        yield session


def test_curl(session, backbone):
    whole, stream, traced, responded, known = session.run("how-to/works-with/curl.md")
    assert json.loads(whole)["choices"][0]["message"]["content"] == SAID
    assert len(json.loads(whole)["polylect"]["perspectives"]) == 3
    assert stream.endswith("data: [DONE]\n\n")
    assert "reasoning_content" in stream
    assert '"started"' in traced
    assert json.loads(responded)["object"] == "response"
    assert '"Kyoto"' in known
    assert '"entropy"' in known
    assert len(backbone.bodies) == 4 + 7 + 5 + 1


def test_langchain(session, backbone):
    whole, stream, called = session.run("how-to/works-with/langchain.md")
    assert whole.startswith(f"{SAID}\n")
    assert "'total_tokens': 64" in whole
    assert stream == SAID
    assert called == "weather {'city': 'Lima'}\n"
    assert len(backbone.bodies) == 4 + 7 + 1


def test_llamaindex(session, backbone):
    whole, stream = session.run("how-to/works-with/llamaindex.md")
    assert whole.startswith(f"{SAID}\n")
    assert whole.count("'status': 'spoke'") == 3
    assert stream == SAID
    assert len(backbone.bodies) == 4 + 1


def test_the_litellm_proxy(session, backbone):
    _, whole, stream = session.run("how-to/works-with/litellm-proxy.md")
    answer = json.loads(whole)
    assert answer["choices"][0]["message"]["content"] == SAID
    assert answer["polylect"]["mode"] == "multiplex"
    assert len(backbone.bodies) == 4 + 7
    assert stream.rstrip().endswith("data: [DONE]")


def test_llm(session, backbone):
    _, answered, shaped = session.run("how-to/works-with/llm.md")
    assert answered == f"{SAID}\n"
    assert json.loads(shaped) == {"yes": True}
    assert len(backbone.bodies) == 7 + 7


def test_the_vercel_ai_sdk(session, backbone):
    node_or_skip()
    (answered,) = session.run("how-to/works-with/vercel-ai-sdk.md")
    assert answered == f"{SAID}\n 64 tokens\n"
    assert len(backbone.bodies) == 4
