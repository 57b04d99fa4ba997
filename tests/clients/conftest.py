"""A service before a scripted backbone, and other people's clients as child processes."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import obey
from tests.service.conftest import Reply, _backbone, _service, backbone, service

__all__ = ["_backbone", "_service", "backbone", "service"]

HERE = Path(__file__).parent
VENV = Path(os.environ.get("CLIENTS_VENV", HERE.parents[1] / ".venv-clients")).absolute()
QUIET = {
    "AI_SDK_LOG_WARNINGS": "false",
    "DO_NOT_TRACK": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
    "NEXT_TELEMETRY_DISABLED": "1",
    "OTEL_SDK_DISABLED": "true",
}
_SECRETS = ("OPENAI_", "POLYLECT_", "LANGSMITH_API", "LANGCHAIN_API")


def answer(body: dict[str, Any]) -> Reply:
    """What the backbone says: a word in the question chooses a failure, tools are called once."""
    words = json.dumps(body["messages"])
    if "REFUSE" in words:
        return Reply(status=429, error={"message": "slow down"}, headers={"Retry-After": "17"})
    if "FAIL" in words:
        return Reply(status=500, error={"message": "out of memory"})
    if "BREAK" in words:
        return Reply(break_after=2, pause=0.15)
    if "SLOW" in words:
        return Reply(words=[f"Elder number {one} speaks of the harvest. " for one in range(100)], pause=0.1)
    heard = any(message["role"] == "tool" for message in body["messages"])
    return obey({**body, "tool_choice": "none"} if heard else body)


@pytest.fixture
def url(service: str, backbone: Any) -> str:
    backbone.reply = answer
    return f"{service}/v1"


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Telemetry off, nobody's keys, and folders of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SECRETS)}
    home = tmp_path_factory.mktemp("home")
    return {**kept, **QUIET, "HOME": str(home), "LLM_USER_PATH": str(home / "llm")}


@pytest.fixture(scope="session")
def python(environment: dict[str, str]) -> Callable[..., Any]:
    """Run a script of this folder with the clients' own Python; what it printed, as JSON."""
    interpreter = VENV / "bin" / "python"
    if not interpreter.exists():
        pytest.fail(f"{interpreter} is missing: make test-clients creates it")
    return lambda script, *arguments: _seen([interpreter, HERE / script, *arguments], environment)


@pytest.fixture(scope="session")
def node(environment: dict[str, str]) -> Callable[..., Any]:
    """Run a script of npm/ with node; what it printed, as JSON."""
    found = node_or_skip()
    return lambda script, *arguments: _seen([found, HERE / "npm" / script, *arguments], environment)


def node_or_skip() -> str:
    """Where node is; without it the JavaScript clients are not tested, and the report says so."""
    found = shutil.which("node")
    if found is None or not (HERE / "npm" / "node_modules").is_dir():
        pytest.skip("no node, or no packages beside it: install nodejs and npm, then make test-clients")
    return found


def run(command: list[Any], environment: dict[str, str]) -> str:
    """What a client printed; its errors fail the test in its own words."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def _seen(command: list[Any], environment: dict[str, str]) -> Any:
    return json.loads(run(command, environment))
