"""Other people's clients, unchanged, against the service: they are told its URL and nothing else."""

import json
import subprocess
import time
from typing import Any

import pytest

from tests.clients.conftest import HERE, VENV, node_or_skip, run

pytestmark = [pytest.mark.clients, pytest.mark.timeout(120)]

SAID = "All is well. Really."
COUNTS = {"direct": [10, 6, 16], "contextual": [10, 6, 16], "multiplex": [70, 42, 112]}
"""Prompt, completion and all tokens: of one call, or of six voices and the synthesis."""


def test_langchain(url, python):
    seen = python("langchain_client.py", url)
    for mode, counted in COUNTS.items():
        model = "scripted" if mode == "direct" else f"polylect/{mode}"
        told = {"text": SAID, "usage": counted, "model": model, "reason": "stop"}
        assert seen[mode] == {
            "whole": told,
            "stream": told,
            "call": ["weather", {"city": "Lima"}],
            "streamed_call": [["weather", {"city": "Lima"}]],
            "after_the_call": SAID,
        }
    assert seen["unknown"][1:] == [404, "model_not_found"]
    assert seen["limited"][1:] == [429, "backbone_rejected"]
    assert "RateLimit" in seen["limited"][0]


def test_the_litellm_sdk(url, python):
    seen = python("litellm_client.py", url)
    for mode, counted in COUNTS.items():
        thought = seen[mode].pop("thought")
        assert thought.count(f"] {SAID}\n\n") == (6 if mode == "multiplex" else 0)
        assert seen[mode] == {
            "text": SAID,
            "usage": counted,
            "reason": "stop",
            "streamed": SAID,
            "streamed_usage": counted,
            "call": ["weather", {"city": "Lima"}],
        }
    assert seen["unknown"] == ["NotFoundError", 404]
    assert seen["limited"] == ["RateLimitError", 429]
    assert seen["failed"][1] == 502


@pytest.fixture(scope="session")
def llm_models(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Write llm's list of models for a service, and give the environment in which it is read."""
    folder = tmp_path_factory.mktemp("llm")

    def written(url: str) -> dict[str, str]:
        lines = [
            f"- {{model_id: {mode}, model_name: polylect/{mode}, api_base: '{url}', supports_schema: true}}"
            for mode in ("nothing", *COUNTS)
        ]
        (folder / "extra-openai-models.yaml").write_text("\n".join(lines), "utf-8")
        return {**environment, "LLM_USER_PATH": str(folder)}

    return written


@pytest.mark.parametrize(
    ("mode", "how"),
    [("direct", []), ("contextual", []), ("multiplex", []), ("multiplex", ["--no-stream"])],
)
def test_the_llm_command(url, llm_models, mode, how):
    command = [VENV / "bin" / "llm", "-m", mode, "-n", *how, "How are you?"]
    assert run(command, llm_models(url)) == f"{SAID}\n"


def test_the_llm_command_asks_for_a_schema(url, llm_models):
    command = [VENV / "bin" / "llm", "-m", "multiplex", "-n", "--schema", "yes bool", "Is it so?"]
    assert json.loads(run(command, llm_models(url))) == {"yes": True}


def test_the_llm_command_shows_what_an_error_says(url, llm_models):
    command = [VENV / "bin" / "llm", "-m", "nothing", "-n", "How are you?"]
    done = subprocess.run(
        command, env=llm_models(url), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "The model 'polylect/nothing' does not exist" in done.stderr


def test_the_vercel_ai_sdk(url, node):
    seen = node("ai_sdk.mjs", url)
    for mode, counted in COUNTS.items():
        model = "scripted" if mode == "direct" else f"polylect/{mode}"
        thought = seen[mode]["stream"].pop("reasoning")
        assert thought.count(f"] {SAID}\n\n") == (6 if mode == "multiplex" else 0)
        assert seen[mode] == {
            "whole": {"text": SAID, "reason": "stop", "usage": counted, "model": model},
            "stream": {"text": SAID, "reason": "stop", "usage": counted, "error": None},
            "call": [["weather", {"city": "Lima"}]],
            "afterTheCall": SAID,
            "streamedAfterTheCall": SAID,
        }
    assert seen["unknown"] == ["AI_APICallError", 404, "model_not_found"]
    assert seen["limited"] == ["AI_APICallError", 429, "backbone_rejected"]
    assert seen["failed"] == ["AI_APICallError", 502, "backbone_error"]
    assert seen["broken"]["text"] == "All is"
    assert "broke off" in seen["broken"]["error"]


@pytest.mark.parametrize("mode", list(COUNTS))
def test_an_abort_of_the_vercel_ai_sdk_ends_every_call(url, environment, backbone, mode):
    command = [node_or_skip(), HERE / "npm" / "abort.mjs", url, f"polylect/{mode}"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as living:
        assert living.stdout.readline() == "abort\n"
        aborted = time.monotonic()
        while backbone.running and time.monotonic() < aborted + 1:
            time.sleep(0.01)
        assert backbone.running == 0
        assert living.poll() is None, "its end, not its abort, would have closed the connection"
        living.stdin.close()
    assert len(backbone.bodies) == (6 if mode == "multiplex" else 1)


def test_the_official_javascript_client(url, node):
    seen = node("openai.mjs", url)
    for mode, counted in COUNTS.items():
        assert seen[mode].pop("requestId").startswith("req_")
        assert seen[mode] == {
            "text": SAID,
            "usage": counted[-1],
            "mode": None if mode == "direct" else mode,
            "streamed": SAID,
            "streamedUsage": counted[-1],
        }
    assert seen["unknown"] == ["NotFoundError", 404, "model_not_found"]
    assert seen["limited"] == ["RateLimitError", 429, "backbone_rejected"]
