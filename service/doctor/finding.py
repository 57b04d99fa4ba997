"""What a check found, in words that hold no secret."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from service.plain import plain

State = Literal["ok", "warning", "problem", "skipped"]

_NAMES = re.compile("key|token|secret|passw|auth|credential", re.IGNORECASE)
_HEADERS = frozenset({"headers", "extra_headers", "default_headers"})
_SHORTEST = 6  # letters; what is shorter ("none", "EMPTY") is no secret, and part of too many words


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `cure` says what to do, and is there whenever `state` is a warning or a problem.

    A problem stops the service or breaks its answers; a warning does not; `skipped` was not looked at.
    """

    check: str
    state: State
    found: str
    cure: str | None = None


def ok(check: str, found: str) -> Finding:
    """Nothing is wrong with it."""
    return Finding(check, "ok", found)


def skipped(check: str, why: str) -> Finding:
    """Nobody looked, and why."""
    return Finding(check, "skipped", why)


def warning(check: str, found: str, cure: str) -> Finding:
    """It serves, though not as it might."""
    return Finding(check, "warning", found, cure)


def problem(check: str, found: str, cure: str) -> Finding:
    """It does not serve, or not well."""
    return Finding(check, "problem", found, cure)


def refused(check: str, error: Exception, cure: str) -> Finding:
    """What an error of ours says: first what is wrong, then its cure; `cure` where it has none."""
    said = str(error)
    mark = ". " if ". " in said else "; "
    found, _, its_cure = said.partition(mark)
    return problem(check, found.rstrip("."), its_cure or cure)


def address(url: str) -> str:
    """A URL as it may be shown: not who goes there, nor what is asked."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is no URL"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class Withheld:
    """The secrets of a configuration, each replaced by `…` wherever a finding would repeat it.

    The last net: checks are written so as not to repeat any. `raw` is the configuration as it was written,
    for one that cannot be used has secrets too.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        kept = {one for key in ("model_list", "router_settings", "embedder", "redis_url", "otlp_endpoint")
                for one in _secrets(raw.get(key), key)}  # fmt: skip
        self._kept = sorted(kept, key=len, reverse=True)

    def safe(self, finding: Finding) -> Finding:
        """The finding as a terminal may show it."""
        cure = None if finding.cure is None else self._without(finding.cure)
        return replace(
            finding, check=self._without(finding.check), found=self._without(finding.found), cure=cure
        )

    def _without(self, words: str) -> str:
        for one in self._kept:
            words = words.replace(one, "…")
        return str(plain(words))


def _secrets(value: Any, key: str) -> Iterator[str]:
    waiting: list[tuple[Any, str]] = [(value, key)]
    while waiting:
        one, name = waiting.pop()
        if isinstance(one, str):
            yield from (found for found in _of(one, name) if len(found) >= _SHORTEST)
        elif isinstance(one, Mapping):
            below = "authorization" if name in _HEADERS else ""
            waiting += [(inner, below or str(inside)) for inside, inner in one.items()]
        elif isinstance(one, Iterable):
            waiting += [(inner, name) for inner in one]


def _of(text: str, name: str) -> Iterator[str]:
    """The secrets in one value: itself, by its name, and the password and query of an address."""
    text = os.environ.get(text.removeprefix("os.environ/"), "") if text.startswith("os.environ/") else text
    if _NAMES.search(name):
        yield text
    if "://" in text:
        before, at, _ = text.partition("://")[2].rpartition("@")
        if at:
            yield from (before, unquote(before), before.partition(":")[2], unquote(before.partition(":")[2]))
        yield text.partition("?")[2]
