"""The embedded model: its file, and the memory that it needs. Nothing is fetched here."""

import importlib.util
import os
import re
from dataclasses import dataclass
from pathlib import Path

from service.doctor.finding import Finding, ok, problem, refused, warning
from service.doctor.gguf import bytes_of_a_token
from service.doctor.surroundings import free_space
from service.embedded import EmbeddedError, cache_folder, locate_model
from service.embedded_server import ServerOptions, available_cores, default_slots
from service.settings import Settings

CHECK = "embedded model"
MIB = 1 << 20
_SCRATCH = 64 * MIB
"""What llama.cpp takes beside the file and the cache of keys and values: 63 MiB with SmolLM2-135M."""
_TO_FETCH = 200 * MIB
"""Of a disk, until the default model's package is unpacked: both lie there at once."""
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Located:
    """`path`: where the file is, None where there is none; `starts`: whether it is worth while to try."""

    path: Path | None
    starts: bool
    findings: tuple[Finding, ...]


class _ToFetch(Exception):
    """It is not here."""


def locate(settings: Settings) -> Located:
    """Where the model's file is, and whether the machine has the memory for it."""
    cache = settings.cache_dir or cache_folder()
    try:
        path = locate_model(settings.embedded_model, cache, _stop)
    except _ToFetch:
        kept = _kept_by_the_hub(settings.embedded_model) if settings.embedded_model else None
        if kept is None:
            return Located(None, False, (*_to_fetch(settings, cache),))
        path = kept
    except EmbeddedError as error:
        found = refused(CHECK, error, "Mend POLYLECT_EMBEDDED_MODEL.")
        return Located(None, False, (found,))
    except OSError as error:
        what = f"{settings.embedded_model or cache} cannot be read: {error.strerror}"
        return Located(None, False, (problem(CHECK, what, "Let the user that runs the service read it."),))
    size = path.stat().st_size
    slots = settings.embedded_slots or default_slots(available_cores())
    enough = memory(size, bytes_of_a_token(path), slots, free_memory())
    return Located(path, enough.state == "ok", (ok(CHECK, f"{path} ({_mib(size)})"), enough))


def memory(size: int, token: int | None, slots: int, free: int | None) -> Finding:
    """Whether a model of `size` bytes fits, whose every token takes `token` bytes, into `free` ones."""
    context = ServerOptions.context
    slot = (token or 0) * context
    needed = size + slots * slot + _SCRATCH
    what = f"{slots} slot{'s' * (slots > 1)} of {context:,} tokens need {_mib(needed)}"
    if token is None:
        what = f"the file alone needs {_mib(needed)}"
    if free is None:
        return ok("memory", what)
    if needed <= free:
        return ok("memory", f"{what} of the {_mib(free)} that are free")
    fitting = (free - size - _SCRATCH) // slot if slot else 0
    cure = (
        f"POLYLECT_EMBEDDED_SLOTS={fitting}" if fitting > 0 else "Take a smaller model, or free some memory."
    )
    return problem("memory", f"{what}, and {_mib(max(0, free))} are free", cure)


def free_memory() -> int | None:
    """Bytes that may be taken: the machine's, or fewer where a container may have fewer. None: not told."""
    try:
        told = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text("ascii"))
    except OSError:
        return None
    if told is None:
        return None
    machine = int(told[1]) * 1024
    try:
        most, taken = (int((_CGROUP / f"memory.{name}").read_text("ascii")) for name in ("max", "current"))
        files = re.search(r"^inactive_file (\d+)", (_CGROUP / "memory.stat").read_text("ascii"), re.MULTILINE)
    except (OSError, ValueError):  # no limit: no such file, or the word "max"
        return machine
    return min(machine, most - taken + int(files[1] if files else 0))


def _stop(words: str) -> None:
    raise _ToFetch(words)


def _kept_by_the_hub(name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    owner, repository, file = re.split("[:/]", name, maxsplit=2)
    found = try_to_load_from_cache(f"{owner}/{repository}", file)
    return Path(found) if isinstance(found, str) else None


def _to_fetch(settings: Settings, cache: Path) -> list[Finding]:
    cure = "`polylect serve` fetches it; without internet, set POLYLECT_EMBEDDED_MODEL to a .gguf file."
    if settings.embedded_model:
        return [warning(CHECK, f"{settings.embedded_model} is not on this machine yet", cure)]
    findings = [warning(CHECK, f"the default model (93 MB) is not in {cache} yet, or not whole", cure)]
    folder = next(one for one in (cache, *cache.absolute().parents) if one.exists())
    elsewhere = "POLYLECT_CACHE_DIR=FOLDER, one that can be written to and has room"
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        findings.append(problem("cache", f"{folder} cannot be written to", elsewhere))
    elif (free := free_space(folder)) < _TO_FETCH:
        what = f"{_mib(free)} are free where {cache} is, and fetching takes {_mib(_TO_FETCH)}"
        findings.append(problem("cache", what, elsewhere))
    if importlib.util.find_spec("pip") is None:
        findings.append(
            problem("pip", "it is not installed, and fetches the default model", "python -m ensurepip")
        )
    return findings


def _mib(size: int) -> str:
    return f"{size / MIB:,.0f} MiB"
