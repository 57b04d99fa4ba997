"""What the machine must give: packages, the file of keys, a port, open files, Redis, a receiver of spans."""

import asyncio
import errno
import os
import platform
import re
import shlex
import shutil
import socket
import stat
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from service.access.keys import CURE, read_keys
from service.access.redis_limits import open_redis
from service.doctor.finding import Finding, address, ok, problem, refused, warning
from service.settings import ConfigurationError, Settings

PACKAGE = "polylect-service"
EXTRAS = ("embedded", "playground", "redis", "otel", "profile")
SPARE = 100
"""Open files beside those of councils: plain requests, the log, models, libraries."""
_RECEIVERS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_SECONDS = 3.0


def versions() -> str:
    """Of Python and of ours."""
    return f"Python {platform.python_version()}, {PACKAGE} {version(PACKAGE)}"


def extras(needed: Mapping[str, str], looked_at: Sequence[str] = EXTRAS) -> list[Finding]:
    """Which are installed. `needed`: those that the configuration cannot do without, and why."""
    findings, here, absent = [], [], []
    for extra in looked_at:
        found = {name: _version(name) for name in _packages(extra)}
        missing = [name for name, one in found.items() if one is None]
        if not missing:
            shown = next((f" ({name} {one}{', …' * (len(found) > 1)})" for name, one in found.items()), "")
            here.append(extra + shown)
        elif extra in needed:
            what = f"{needed[extra]} needs {', '.join(missing)}, and there is none here"
            findings.append(
                problem(f"extra {extra}", what, f".venv/bin/pip install -c constraints.txt -e '.[{extra}]'")
            )
        else:
            absent.append(extra)
    told = [f"installed: {', '.join(here)}"] * bool(here)
    told += [f"not installed, and not needed: {', '.join(absent)}"] * bool(absent)
    return [*findings, ok("extras", "; ".join(told))] if told else findings


def needed_extras(settings: Settings, *, embedded: bool) -> dict[str, str]:
    """The extras that this configuration needs, each with the reason."""
    reasons = {
        "embedded": "the embedded model" if embedded else "",
        "redis": "redis_url" if settings.redis_url and settings.keys_file else "",
        "otel": "otlp_endpoint" if receiver(settings) else "",
    }
    return {extra: reason for extra, reason in reasons.items() if reason}


def receiver(settings: Settings) -> str | None:
    """Who is sent spans."""
    return settings.otlp_endpoint or next(filter(None, map(os.environ.get, _RECEIVERS)), None)


def keys(settings: Settings) -> list[Finding]:
    """The file of keys: whether it is one, and whether it is the owner's alone."""
    path = settings.keys_file
    if path is None:
        return [ok("keys", f"none: every program on this machine may ask, and {settings.host} is loopback")]
    try:
        known = read_keys(path)
        mode = stat.S_IMODE(path.stat().st_mode)
    except ConfigurationError as error:
        return [refused("keys", error, CURE)]
    if not known:
        return [problem("keys", f"{path} holds no key", CURE)]
    findings = [ok("keys", f"{path}: {len(known)} key{'s' * (len(known) > 1)}")]
    cure = f"chmod 600 {shlex.quote(str(path))}"
    if mode & 0o022:
        others = f"{path} has mode {mode:04o}: others may write to it, and so let themselves in"
        findings = [problem("keys", others, cure)]
    elif mode & 0o044:
        findings = [warning("keys", f"{path} has mode {mode:04o}: others may read who has a key", cure)]
    return findings


async def port(settings: Settings) -> list[Finding]:
    """Whether the service could listen, and who does in its place."""
    host, number = settings.host, settings.port
    try:
        await asyncio.to_thread(_try, host, number)
    except socket.gaierror:
        return [problem("port", f"host: nobody knows a machine called {host!r}", "POLYLECT_HOST=127.0.0.1")]
    except PermissionError:
        return [problem("port", f"{number} is for root alone", "POLYLECT_PORT=8000")]
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            what = f"{host} is no address of this machine ({error.strerror})"
            return [problem("port", what, "POLYLECT_HOST=127.0.0.1, or an address that `ip address` shows")]
        return [await _taken(host, number)]
    return [ok("port", f"{number} on {host} is free" if number else f"any free one on {host}")]


def open_files(settings: Settings, most: int | None) -> list[Finding]:
    """Whether all councils may meet: a client and its voices each. `most`: files; None is no limit."""
    councils, voices = settings.max_fan_outs, settings.max_agents
    needed = councils * (voices + 1) + SPARE
    what = f"{councils} councils of {voices} voices at once need {needed:,}"
    if most is None or most >= needed:
        return [ok("open files", f"{'without limit' if most is None else f'{most:,}'}; {what}")]
    enough = 1 << (needed - 1).bit_length()
    cure = (
        f"ulimit -n {enough} before the start (systemd: LimitNOFILE={enough}), or lower POLYLECT_MAX_FAN_OUTS"
    )
    return [warning("open files", f"{most:,} may be open; {what}", cure)]


def limit_of_open_files() -> int | None:
    """The soft limit of this process; None where there is none."""
    try:
        import resource
    except ImportError:  # not on Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


async def redis(settings: Settings) -> list[Finding]:
    """Whether the Redis that replicas count in can be reached."""
    if settings.redis_url is None:
        return []
    if settings.keys_file is None:
        cure = f"Set keys_file, and {CURE}; or remove redis_url."
        return [warning("redis", "redis_url is set, but without keys there is nothing to count", cure)]
    try:
        async with open_redis(settings.redis_url):
            return [ok("redis", "it answers")]
    except ConfigurationError as error:
        return [refused("redis", error, "Mend redis_url.")]


async def spans(settings: Settings) -> list[Finding]:
    """Whether anybody listens where spans go. No request waits for it."""
    url = receiver(settings)
    if url is None:
        return []
    try:
        parts = urlsplit(url)
        where = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(*where)
        writer.close()
    except (OSError, ValueError, TimeoutError):
        cure = "Start the receiver, mend otlp_endpoint (POLYLECT_OTLP_ENDPOINT), or unset it."
        return [warning("spans", f"nobody listens at {address(url)}: spans are lost", cure)]
    return [ok("spans", f"somebody listens at {address(url)}")]


def _packages(extra: str) -> list[str]:
    marked = re.compile(rf"""([\w.-]+).*;.*extra == ['"]{extra}['"]""")
    return [found[1] for one in requires(PACKAGE) or () if (found := marked.match(one))]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _try(host: str, number: int) -> None:
    """As the service takes it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, number))


async def _taken(host: str, number: int) -> Finding:
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # where it listens, not we
    base = f"http://[{near}]:{number}" if ":" in near else f"http://{near}:{number}"
    other = f"POLYLECT_PORT={number + 1 if number < 65535 else 8000}"
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as client:
            lives = await client.get(f"{base}/healthz")
            if lives.json() == {"status": "ok"} and "openai-processing-ms" in lives.headers:
                ready = (await client.get(f"{base}/readyz")).json().get("status")
                found = f"{number} on {host} is taken: a Polylect answers there already, {ready}"
                return warning(
                    "port", found, f"Nothing, if it is the one you mean. For a second one: {other}"
                )
    except (httpx.HTTPError, ValueError, AttributeError):
        pass
    cure = f"End what listens there (ss -ltnp 'sport = :{number}' names it), or: {other}"
    return problem("port", f"{number} on {host} is taken, and not by a Polylect", cure)


def free_space(folder: Path) -> int:
    """Bytes that are free where this folder is, or will be."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    return shutil.disk_usage(there).free
