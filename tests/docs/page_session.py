"""A page is one session: its blocks run in order, in one folder, and what one exports the next ones have."""

import json
import os
import signal
import socket
import subprocess
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import yaml

from tests.docs.page_blocks import Block, blocks

SECONDS = 90
"""Patience with one block."""

START_SECONDS = 180
"""Patience with what goes on in the background: Open WebUI's first start fills a database."""

_SESSION = "set -euo pipefail; [ ! -f .exported ] || . ./.exported; {}\nexport -p > .exported"


class PageSession:
    """Runs blocks. `instead`: what a page writes -> what stands in its place here, such as an address."""

    def __init__(self, folder: Path, environment: Mapping[str, str], instead: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._instead = dict(instead)
        self._living: list[subprocess.Popen[bytes]] = []
        self._said: list[str] = []

    def run(self, page: str) -> list[str]:
        """Every block of a page that no comment excepts; what each command printed, in order."""
        for block in blocks(page):
            if block.is_code and block.note not in {"not run", "run by"}:
                self._block(block)
        return self._said

    def end(self) -> None:
        """End what goes on in the background."""
        for child in self._living:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGTERM)
        for child in self._living:
            child.wait(30)

    def _block(self, block: Block) -> None:
        text = self._rewritten(block.text)
        if block.title:
            (self._folder / block.title).write_text(text, "utf-8")
        if block.note == "in the background":
            self._start(block, text)
        elif block.language == "sh":
            self._said.append(self._finished(block, ["bash", "-c", _SESSION.format(text)]))
        elif block.language == "python":
            self._said.append(self._finished(block, ["python", "-c", text]))
        elif block.language != "js":  # a file, which a later block runs
            read(block)

    def _finished(self, block: Block, command: list[str]) -> str:
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{block.place}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def _start(self, block: Block, text: str) -> None:
        """Start what goes on, on a port of its own, and wait until it answers."""
        log = self._folder / f"background-{block.line}.log"
        with log.open("wb") as out:
            child = subprocess.Popen(
                ["bash", "-c", _SESSION.format(text)],
                cwd=self._folder,
                env=self._environment,
                stdout=out,
                stderr=out,
                start_new_session=True,  # so that the shell's children end with it
            )
        self._living.append(child)
        address = self._rewritten(block.said)
        deadline = time.monotonic() + START_SECONDS
        while True:
            with suppress(httpx.HTTPError):
                if httpx.get(address, timeout=5).status_code == 200:
                    return
            if child.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{block.place} does not answer at {address}\n{log.read_text('utf-8')[-3000:]}")
            time.sleep(0.2)

    def _rewritten(self, text: str) -> str:
        for written, real in self._instead.items():
            text = text.replace(written, real)
        return text


@contextmanager
def page_session(
    folder: Path, environment: Mapping[str, str], instead: Mapping[str, str]
) -> Iterator[PageSession]:
    """A session in a folder; what it left in the background ends with it."""
    session = PageSession(folder, environment, instead)
    try:
        yield session
    finally:
        session.end()


def read(block: Block) -> None:
    """Read a block of data as a program would.

    Raises:
        AssertionError: it is not what it says it is, or nobody knows how to read that.
    """
    try:
        if block.language == "yaml":
            yaml.safe_load(block.text)
        elif block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "jsonl":
            [json.loads(line) for line in block.text.splitlines()]
        elif block.language == "json":
            _read_json(block.text)
        else:
            raise AssertionError(f"{block.place}: nobody knows how to run {block.language or 'this'!r}")
    except ValueError as error:
        raise AssertionError(f"{block.place}: {error}") from error


def _read_json(text: str) -> None:
    """One JSON value, or several after each other."""
    decoder, rest = json.JSONDecoder(), text.strip()
    while rest:
        _, end = decoder.raw_decode(rest)
        rest = rest[end:].strip()


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def shell_environment(folder: Path, *first: Path, **more: str) -> dict[str, str]:
    """What a newcomer's shell has: commands of these folders first, a home of its own, nobody's secrets."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "SSL_CERT_FILE", "TMPDIR", "POLYLECT_CACHE_DIR")
        if name in os.environ
    }
    home = os.environ.get("HOME", str(folder))
    path = ":".join([*(str(one) for one in first), kept["PATH"]])
    caches = {"POLYLECT_CACHE_DIR": kept.get("POLYLECT_CACHE_DIR", f"{home}/.cache/polylect")}
    return {**kept, **caches, "PATH": path, "HOME": str(folder), **more}
