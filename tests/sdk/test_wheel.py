"""The distribution `polylect`: it builds, installs alone into an empty environment, and works there."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.sdk.conftest import SAID

pytestmark = [pytest.mark.clients, pytest.mark.timeout(300)]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BIN = Path(sys.executable).parent
OPENAI = {
    "oldest": ["openai==1.60.0"],
    "ours": ["--constraint", str(ROOT / "constraints.txt")],
    "newest": ["openai==3.54.0"],  # it has left httpx for httpx2
}
"""Which of OpenAI's clients: the oldest that the wheel allows, the one of our tests, the newest seen."""


def run(*command: object, **options: object) -> str:
    done = subprocess.run(
        [str(one) for one in command], capture_output=True, text=True, timeout=280, check=False, **options
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made out of the source distribution, as an index would get both."""
    folder = tmp_path_factory.mktemp("dist")
    run(BIN / "uv", "build", "--quiet", "--no-config", "--out-dir", folder, ROOT / "sdk")
    (made,) = folder.glob("polylect-*.whl")
    assert len(list(folder.glob("polylect-*.tar.gz"))) == 1
    return made


def test_the_wheel_has_the_package_its_types_and_its_licence(wheel):
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        (metadata,) = [opened.read(name).decode() for name in names if name.endswith("METADATA")]
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"polylect"}
    written = {f"polylect/{path.name}" for path in (ROOT / "sdk/src/polylect").iterdir() if path.is_file()}
    assert {name for name in names if name.startswith("polylect/")} == written
    assert "polylect/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    assert needed == ["Requires-Dist: openai>=1.60"]


@pytest.mark.parametrize("version", OPENAI)
def test_it_installs_alone_and_works(wheel, version, url, tmp_path):
    python = tmp_path / "venv" / "bin" / "python"
    run(BIN / "uv", "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    run(BIN / "uv", "pip", "install", "--quiet", "--python", python, *OPENAI[version], wheel)
    listed = json.loads(run(BIN / "uv", "pip", "list", "--python", python, "--format", "json"))
    installed = {one["name"] for one in listed}
    assert {"polylect", "openai", "pydantic"} <= installed
    assert not {"polylect-service", "fastapi", "langgraph", "litellm", "numpy"} & installed
    kept = {name: os.environ[name] for name in ("PATH", "SSL_CERT_FILE")}
    environment = {**kept, "POLYLECT_BASE_URL": url, "OPENAI_API_KEY": "sk-hidden"}
    said = run(python, "-I", "-W", "error", HERE / "typed.py", cwd=tmp_path, env=environment)
    assert said == f"{SAID}\n"
    if version == "ours":
        strict = ["--strict", "--config-file", "", "--cache-dir", tmp_path / "cache"]
        run(BIN / "mypy", *strict, "--python-executable", python, HERE / "typed.py", cwd=tmp_path)
