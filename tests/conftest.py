"""What all tests share: the facts and words, read once, and the service as a newcomer starts it."""

import contextlib
import gc
import os
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import anyio
import certifi
import httpx
import pytest

from agents import Knowledge, load_knowledge


@pytest.fixture(scope="session", autouse=True)
def _one_certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One certificate authority instead of all: no test speaks TLS, and every HTTP client reads the file."""
    end = "-----END CERTIFICATE-----"
    known = Path(certifi.where()).read_text("utf-8")
    first = known[known.index("-----BEGIN") : known.index(end)] + end + "\n"
    file = tmp_path_factory.mktemp("tls") / "one.pem"
    file.write_text(first)
    kept = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(file)
    yield
    os.environ.pop("SSL_CERT_FILE")
    if kept is not None:
        os.environ["SSL_CERT_FILE"] = kept


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture(scope="session", autouse=True)
def _what_is_imported_stays() -> None:
    """The collector passes over what the test files imported, or it looks through all of that for nothing.

    What AnyIO imports on demand is imported before: pytest parses its files anew, for it brings a plugin, and
    CPython before 3.11.8 and 3.12.2 breaks where garbage is collected meanwhile (gh-106905).
    """
    gc.collect()
    for name in dir(anyio):
        getattr(anyio, name)
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _garbage_of_one_file_is_not_anothers(_what_is_imported_stays: None) -> Iterator[None]:
    """What a library left open here fails no test of another file, wherever the collector happens to run."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session")
def embedded_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `polylect serve` without any configuration: the embedded model, for real."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("POLYLECT_") or name == "POLYLECT_CACHE_DIR"
    }
    short = {"POLYLECT_ANSWER_TOKENS": "40", "POLYLECT_VOICE_TOKENS": "16", "POLYLECT_AGENTS": "3"}
    short["POLYLECT_PLAYGROUND"] = "false"  # it would only slow the start
    environment = {**kept, **short, "POLYLECT_PORT": str(port)}
    folder = tmp_path_factory.mktemp("empty")
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "service.cli", "serve"]
        child = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(f"{url}/readyz", child, folder / "log")
            yield url
        finally:
            child.terminate()
            child.wait(20)


def _wait(url: str, child: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 180  # the first time the model is fetched
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, timeout=5).status_code == 200:
                return
        if child.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"polylect serve did not start: {log.read_text('utf-8', 'replace')[-3000:]}")
        time.sleep(0.1)
