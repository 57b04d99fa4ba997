"""All checks, in their order. None hides another: each has its own patience and its own failure."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from service.doctor import surroundings
from service.doctor.backbones import SECONDS, backbones
from service.doctor.configuration import Configuration, read_configuration
from service.doctor.embedded_model import CHECK, Located, locate
from service.doctor.finding import Finding, Withheld, ok, problem, refused, skipped
from service.doctor.knowledge import data, embedder, maps
from service.embedded import EmbeddedError, open_embedded
from service.embedded_server import model_alias
from service.settings import Deployment, LiteLLMParams, Settings

_SHORT = 20.0
_LONG = 180.0
"""The patience with what loads models; each backbone has one of its own within it."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One check, the settings that it cannot do without, and how long it may take."""

    check: str
    look: Callable[[], Awaitable[Sequence[Finding]]]
    needs: frozenset[str] = frozenset()
    seconds: float = _SHORT


async def examine(*, ask: bool) -> AsyncIterator[Finding]:
    """Look at everything; `ask`: with one token of each backbone. Findings hold no secrets."""
    configured = read_configuration()
    withheld = Withheld(configured.raw)
    for finding in (ok("python", surroundings.versions()), *configured.findings):
        yield withheld.safe(finding)
    for step in _steps(configured, ask):
        for finding in await _taken(step, configured.lost):
            yield withheld.safe(finding)


def _steps(configured: Configuration, ask: bool) -> Sequence[_Step]:
    settings = configured.settings
    served = _Served(settings, embedded=not settings.model_list and "model_list" not in configured.lost)

    async def extras() -> list[Finding]:
        return surroundings.extras(surroundings.needed_extras(settings, embedded=served.embedded))

    async def keys() -> list[Finding]:
        return surroundings.keys(settings)

    async def open_files() -> list[Finding]:
        return surroundings.open_files(settings, surroundings.limit_of_open_files())

    asking = _LONG + 2 * SECONDS * len(settings.model_list)
    return (
        _Step("extras", extras),
        _Step("keys", keys, frozenset({"host", "keys_file"})),
        _Step("port", lambda: surroundings.port(settings), frozenset({"host", "port"})),
        _Step("open files", open_files),
        _Step("redis", lambda: surroundings.redis(settings), frozenset({"redis_url"})),
        _Step("spans", lambda: surroundings.spans(settings)),
        _Step("data", lambda: data(settings), seconds=_LONG),
        _Step("backbones", lambda: served.look(ask=ask), seconds=asking),
        _Step("maps", served.maps),
        _Step("embedder", lambda: embedder(settings, ask=ask)),
    )


async def _taken(step: _Step, lost: frozenset[str]) -> Sequence[Finding]:
    if missing := sorted(step.needs & lost):
        return [skipped(step.check, f"{', '.join(missing)} cannot be used: see configuration")]
    try:
        async with asyncio.timeout(step.seconds):
            return await step.look()
    except TimeoutError:
        cure = "Run it again; if it stays so, look there."
        return [problem(step.check, f"it took more than {step.seconds:g} s", cure)]
    except Exception as error:  # a fault of ours must not hide what the other checks find
        found = f"this check failed itself ({type(error).__name__})"
        return [problem(step.check, found, "Report it, with the configuration without its secrets.")]


@dataclass(slots=True)
class _Served:
    """The backbones: those of `model_list`, or the embedded one. What `look` learns of it, `maps` needs."""

    settings: Settings
    embedded: bool
    deployments: tuple[Deployment, ...] = ()

    async def look(self, *, ask: bool) -> list[Finding]:
        self.deployments = self.settings.model_list
        if self.embedded:
            return await self._embedded(ask)
        if not self.deployments:
            return [skipped("backbones", "model_list cannot be used: see configuration")]
        return await backbones(self.deployments, self.settings, ask=ask)

    async def maps(self) -> list[Finding]:
        return maps(self.settings, self.deployments)

    async def _embedded(self, ask: bool) -> list[Finding]:
        located = await asyncio.to_thread(locate, self.settings)
        findings = list(located.findings)
        if located.path:
            name = model_alias(located.path)
            params = LiteLLMParams(model=f"hosted_vllm/{name}", api_base="http://127.0.0.1")
            self.deployments = (Deployment(model_name=name, litellm_params=params),)
        if ask and located.starts:
            findings += await self._started(located)
        elif located.starts:
            findings.append(skipped(f"answer of {self.deployments[0].model_name}", "not asked for: --no-ask"))
        return findings

    async def _started(self, located: Located) -> list[Finding]:
        settings = self.settings
        if settings.embedded_model:
            settings = settings.model_copy(update={"embedded_model": str(located.path)})
        try:
            async with open_embedded(settings) as deployment:
                return await backbones([deployment], settings, ask=True)
        except EmbeddedError as error:
            said, _, cure = str(error).rpartition("\n")
            return [problem(CHECK, said, cure)] if said else [refused(CHECK, error, "Take another model.")]
