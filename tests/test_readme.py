"""The README's examples do what they say, against a real service."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from service.settings import Settings, load_settings

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)

pytestmark = [pytest.mark.timeout(240)]


def blocks(language: str, mark: str) -> list[str]:
    return [block for written, block in BLOCKS if written == language and mark in block]


def run(command: list[str], text: str | None = None) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.embedded
def test_the_openai_client_example(embedded_service):
    (example,) = blocks("python", "OpenAI(")
    shown = run([sys.executable, "-"], example.replace("http://127.0.0.1:8000", embedded_service))
    assert shown.count("'status'") >= 3


@pytest.mark.embedded
def test_the_sdk_example(embedded_service, monkeypatch):
    (example,) = blocks("python", "Polylect()")
    monkeypatch.setenv("POLYLECT_BASE_URL", embedded_service)
    shown = run([sys.executable, "-"], example)
    assert shown.startswith("JP ")
    assert "\nKE " in shown


@pytest.mark.embedded
def test_the_curl_example(embedded_service):
    (example,) = blocks("sh", "curl http")
    shown = run(["bash", "-ec", example.replace("http://127.0.0.1:8000", embedded_service)])
    assert '"chat.completion"' in shown
    assert '"JP"' in shown


@pytest.mark.embedded
def test_the_ask_example(embedded_service):
    (example,) = blocks("sh", "polylect ask")
    words = shlex.split(example)
    assert words[0] == ".venv/bin/polylect"
    assert "answer" in run([sys.executable, "-m", "service.cli", *words[1:], "--url", embedded_service])


def test_the_detect_example():
    (examples,) = blocks("sh", "polylect detect")
    for example in examples.strip().splitlines():
        assert "Kyoto" in run([sys.executable, "-m", "service.cli", *shlex.split(example)[1:]])


def test_the_keys_example(tmp_path, monkeypatch):
    (example,) = blocks("sh", "polylect keys create")
    exported, create, serve = example.strip().splitlines()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(*exported.removeprefix("export ").split("="))
    shown = run([sys.executable, "-m", "service.cli", *shlex.split(create)[1:]])
    assert "pl-" in shown
    name, value = serve.split()[0].split("=")
    monkeypatch.setenv(name, value)
    assert load_settings().host == "0.0.0.0"
    assert "pl-" not in (tmp_path / "keys.json").read_text("utf-8")


def test_the_configuration_example(tmp_path, monkeypatch):
    (example,) = blocks("yaml", "model_list")
    (tmp_path / "polylect.yaml").write_text(example, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
    monkeypatch.delenv("POLYLECT_CONFIG", raising=False)
    assert len(load_settings().model_list) == len(yaml.safe_load(example)["model_list"]) == 2


def test_every_variable_of_the_environment_example_exists():
    named = set(re.findall(r"^# POLYLECT_(\w+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))
    known = {name.upper() for name in Settings.model_fields}
    assert named - {"CONFIG"} <= known


def test_links_lead_somewhere():
    text = (ROOT / "README.md").read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("command", ["serve", "test"])
def test_the_two_commands_are_in_the_makefile(command):
    (example,) = blocks("sh", "make test")
    assert f"make {command}" in example
    assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
