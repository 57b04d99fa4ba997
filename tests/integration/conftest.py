"""A real vLLM, and the service before it. `make test-vllm` prepares what this starts.

`VLLM_URL` names one that already runs; else `deploy/vllm/serve.sh` is started, and ended, here.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import openai
import pytest

ROOT = Path(__file__).parents[2]
NAME = os.environ.get("VLLM_SERVED_NAME", "smollm2")
_START_SECONDS = 300


@pytest.fixture(scope="session")
def vllm() -> Iterator[str]:
    """The base URL of a running vLLM, with /v1."""
    if url := os.environ.get("VLLM_URL"):
        yield url
        return
    with serving_vllm() as url:
        yield url


@contextmanager
def serving_vllm(**more: str) -> Iterator[str]:
    """A vLLM of its own, as deploy/vllm/serve.sh starts it; `more`: what it finds in its environment."""
    port = _free_port()
    with tempfile.TemporaryFile() as log:
        environment = {**os.environ, **more, "VLLM_PORT": str(port), "VLLM_SERVED_NAME": NAME}
        child = subprocess.Popen(
            [ROOT / "deploy/vllm/serve.sh"], env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(f"http://127.0.0.1:{port}/health", child, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            os.killpg(child.pid, signal.SIGTERM)
            child.wait(30)


@pytest.fixture(scope="session")
def service(vllm: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service's own process, before vLLM, as an operator would start it."""
    folder = tmp_path_factory.mktemp("service")
    params = f"{{model: hosted_vllm/{NAME}, api_base: {vllm}}}"
    config = folder / "polylect.yaml"
    config.write_text(f"model_list: [{{model_name: {NAME}, litellm_params: {params}}}]\n", "utf-8")
    port = _free_port()
    with tempfile.TemporaryFile() as log:
        environment = {**os.environ, "POLYLECT_CONFIG": str(config), "POLYLECT_PORT": str(port)}
        command = [sys.executable, "-m", "service.cli", "serve"]
        child = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/readyz", child, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()
            child.wait(30)


@pytest.fixture
def client(service: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{service}/v1", api_key="none", max_retries=0, timeout=120) as client:
        yield client


@pytest.fixture
def metric(vllm: str) -> Callable[[str], float]:
    """The sum of one of vLLM's own metrics over all labels."""

    def read(name: str) -> float:
        page = httpx.get(f"{vllm.removesuffix('/v1')}/metrics", timeout=10).text
        found = re.findall(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? (\S+)$", page, re.MULTILINE)
        assert found, f"vLLM has no metric {name}"
        return sum(map(float, found))

    return read


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, child: "subprocess.Popen[bytes]", log) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        if child.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            pytest.fail(f"{url} does not answer; its log ends: {log.read().decode(errors='replace')[-4000:]}")
        time.sleep(0.5)
