"""The embedded backbone's own process: llama.cpp behind OpenAI's HTTP API on a loopback port.

It imports nothing of ours, so that it can be started by its path, in whatever folder the service is. It ends
when its stdin does and ignores Ctrl-C: its parent decides, by whatever death that parent dies.
"""

import argparse
import json
import os
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Prompts are read in pieces of this many tokens: between two pieces, other requests get their next token and
# clients that have left are noticed. llama.cpp's 2,048 stop everybody for seconds; below 128 speed is lost.
_BATCH_TOKENS = 256
# llama.cpp keeps the state of prompts that have lost their slot, by default in up to 8 GiB.
_CACHE_MIB = 512
# A small model repeats whole sentences: llama.cpp's window of 64 tokens is too short to see it.
_REPEAT_WINDOW = 256
KEY = "LLAMA_API_KEY"
"""The environment's name for what requests must show, as llama.cpp's own server calls it; unset: nothing.

No argument, for arguments are read by everybody on the machine, and the environment by its owner alone.
"""

_ERRORS, _EVENTS = 1, 3  # of llama.cpp's levels; at 2 and above it may quote a malformed request
_QUANTISATION = re.compile(
    r"(-\d{5}-of-\d{5}|[._-]((ud|i1)[._-])?(i?q\d\w*|tq\d\w*|mxfp4\w*|bf16|fp?16|fp?32))$"
)


def model_alias(path: Path) -> str:
    """The model's id for clients: `SmolLM2-135M-Instruct.Q4_1.gguf` is served as `smollm2-135m-instruct`."""
    name = path.name.lower().removesuffix(".gguf")
    shorter = _QUANTISATION.sub("", name)
    while shorter not in ("", name):
        name, shorter = shorter, _QUANTISATION.sub("", shorter)
    return name


def available_cores() -> int:
    """The cores that this process may use: its affinity and its container's quota, not the machine's."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("ascii").split()
        return max(1, min(allowed, int(quota) // int(period)))
    except (OSError, ValueError):  # no quota: no such file, or the word "max"
        return allowed


def default_slots(cores: int) -> int:
    """As many requests at once as there are cores, from 2 to 8.

    More slots make a council slower, not faster: each slot reads the prefix that all voices share for itself,
    while a voice that waits for a slot finds it read.
    """
    return min(8, max(2, cores))


@dataclass(frozen=True)
class ServerOptions:
    """How the model is served; what is 0 is decided by the cores. `context` is what one request may use.

    `temperature` and `repeat_penalty` hold where a request sets none; 0 leaves them to llama.cpp.
    """

    slots: int = 0
    threads: int = 0
    context: int = 8192
    temperature: float = 0.0
    repeat_penalty: float = 0.0
    verbose: bool = False
    start_seconds: float = 180.0


def command_line(model: Path, options: ServerOptions, port: int = 0) -> list[str]:
    """What starts this file as a process; port 0 is any free one."""
    wanted: dict[str, float] = {"slots": options.slots, "threads": options.threads}
    wanted |= {"context": options.context, "port": port}
    wanted |= {"temperature": options.temperature, "repeat-penalty": options.repeat_penalty}
    flags = [f"--{name}={number}" for name, number in wanted.items()] + ["--verbose"] * options.verbose
    return [sys.executable, "-P", __file__, f"--model={model}", *flags]


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until stdin ends; write one JSON line with the address and the model's id when ready."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    options = _parser().parse_args(arguments)
    # What native code writes to stdout goes to stderr: the answer stays one clean line.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server = _serve(options)
    _wait_until_healthy(server.listening_address)
    with answer:
        json.dump({"address": server.listening_address, "model": model_alias(options.model)}, answer)
        answer.write("\n")
    threading.Event().wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    for name in ("slots", "threads", "context", "port"):
        parser.add_argument(f"--{name}", type=int, default=getattr(ServerOptions, name, 0))
    parser.add_argument(
        "--temperature", type=float, default=0, help="where a request sets none; 0: llama.cpp's"
    )
    parser.add_argument("--repeat-penalty", type=float, default=0, help="likewise")
    parser.add_argument("--verbose", action="store_true", help="llama.cpp's log, on stderr")
    return parser


def _end_with_parent() -> None:
    """The parent holds the other end of stdin: it closes even when that parent is killed."""
    while os.read(0, 4096):
        pass
    os._exit(0)


def _serve(options: argparse.Namespace) -> Any:
    # How long threads spin for each other before they sleep. At libgomp's default a busy neighbour makes them
    # 20 times slower, at this 3 times; without spinning they are 3 times slower where there is no neighbour.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    try:
        import xllamacpp
    except ImportError:
        sys.exit("xllamacpp is not installed: .venv/bin/pip install -c constraints.txt -e '.[embedded]'")
    try:
        return xllamacpp.Server(_params(xllamacpp.CommonParams(), options))
    except RuntimeError as error:
        sys.exit(f"llama.cpp cannot serve {options.model}: {error}")


def _params(params: Any, options: argparse.Namespace) -> Any:
    cores = available_cores()
    slots = options.slots or default_slots(cores)
    params.model.path = str(options.model)
    params.model_alias = {model_alias(options.model)}
    params.hostnames, params.port = ["127.0.0.1"], options.port
    # Every slot owns its share: where all draw on one pool and it runs dry, llama.cpp fails them all at once.
    params.n_parallel, params.n_ctx, params.kv_unified = slots, slots * options.context, False
    params.n_batch = params.n_ubatch = _BATCH_TOKENS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads or cores
    params.cache_ram_mib = _CACHE_MIB
    params.use_jinja = params.cont_batching = params.endpoint_metrics = True
    params.ui = params.endpoint_slots = False  # /slots would show other people's prompts
    params.cors_origins, params.cors_credentials = "localhost", False  # nor may web pages read answers
    params.api_keys = [key] if (key := os.environ.pop(KEY, None)) else []
    params.sampling.temp = options.temperature or params.sampling.temp
    if options.repeat_penalty:
        params.sampling.penalty_repeat, params.sampling.penalty_last_n = (
            options.repeat_penalty,
            _REPEAT_WINDOW,
        )
    params.verbosity = _EVENTS if options.verbose else _ERRORS
    return params


def _wait_until_healthy(address: str) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with direct.open(f"{address}/health", timeout=5):
                return
        except urllib.error.URLError:
            time.sleep(0.02)


if __name__ == "__main__":
    main()
