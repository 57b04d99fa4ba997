"""The image: what goes in, who runs it, and that it does not face a network without keys."""

import json
import re
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from service.settings import ConfigurationError, Settings, load_settings

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TEXT = (ROOT / "Dockerfile").read_text("utf-8")


def instructions() -> list[tuple[str, str]]:
    lines = [line for line in TEXT.splitlines() if not line.lstrip().startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    split = (line.split(maxsplit=1) for line in whole.splitlines() if line.strip())
    return [(word, rest) for word, rest in split]


INSTRUCTIONS = instructions()


def those(word: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == word]


def copied() -> set[str]:
    """What comes from the repository; copies from an earlier stage do not."""
    return {source for rest in those("COPY") if "--from" not in rest for source in rest.split()[:-1]}


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for rest in those("ENV") for pair in rest.split())


def test_the_base_is_pinned_by_its_full_version_and_every_stage_is_made_of_it():
    (base,) = (rest for rest in those("ARG") if rest.startswith("BASE="))
    assert re.search(r"python:\d+\.\d+\.\d+-slim-bookworm$", base)
    stages = those("FROM")
    assert len(stages) == 2
    assert all(stage.startswith("${BASE}") for stage in stages)


def test_nobody_is_root_in_the_end():
    assert INSTRUCTIONS[-1][0] == "CMD"
    assert those("USER") == ["10001:10001"]  # a number: Kubernetes cannot tell whether a name is root's


def test_what_is_copied_is_there():
    assert [source for source in copied() if not (ROOT / source).exists()] == []


def test_what_is_installed_is_copied():
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) <= copied()


def test_the_build_sees_what_is_copied_and_nothing_else():
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == copied()


def test_the_extras_exist():
    (extras,) = (rest.removeprefix("EXTRAS=") for rest in those("ARG") if rest.startswith("EXTRAS="))
    assert set(extras.split(",")) <= set(PROJECT["project"]["optional-dependencies"])
    assert "playground" in extras


def test_it_faces_a_network_and_so_wants_keys(monkeypatch, tmp_path):
    given = {name: value for name, value in environment().items() if name.startswith("POLYLECT_")}
    assert {name.removeprefix("POLYLECT_").lower() for name in given} <= set(Settings.model_fields)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POLYLECT_CONFIG", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert load_settings().host == "0.0.0.0"
    assert str(load_settings().keys_file) == "/keys/keys.json"
    monkeypatch.delenv("POLYLECT_KEYS_FILE")
    with pytest.raises(ConfigurationError, match="keys_file"):
        load_settings()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_says_whether_the_process_lives(status, healthy):
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *arguments):
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert (check(server.server_port) == 0) is healthy
        server.shutdown()


def test_a_dead_process_is_not_healthy():
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port
    assert check(port) != 0


def check(port: int) -> int:
    """Run the image's own check against this port; a proxy that the environment names changes nothing."""
    (health,) = those("HEALTHCHECK")
    command = json.loads(health[health.index("[") :])
    surroundings = {"POLYLECT_PORT": str(port), "http_proxy": "http://127.0.0.1:9"}
    done = subprocess.run([sys.executable, *command[1:]], env=surroundings, capture_output=True, timeout=20)
    return done.returncode


def test_hadolint_has_nothing_to_say(tool):
    tool("hadolint", "Dockerfile")


def test_shellcheck_has_nothing_to_say(tool):
    tool("shellcheck", *(ROOT / "deploy").glob("*.sh"))
