"""The operator's backbones by name, each with the road that leads to it: this is the agents' Model port."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import aiohttp

from agents import ModelChunk, ModelRequest
from service.settings import Deployment, LiteLLMParams, Settings
from service.upstream.balanced_road import BalancedRoad
from service.upstream.litellm_road import LiteLLMRoad, open_router
from service.upstream.openai_road import OpenAIRoad, drives

FastRoad = OpenAIRoad | BalancedRoad
Road = FastRoad | LiteLLMRoad


class Backbones:
    """Every backbone by its `model_name`; the first is the default.

    `contexts`: how many tokens those take that told when they were last asked whether they are ready.
    """

    def __init__(self, roads: dict[str, Road]) -> None:
        self._roads = roads
        self.names = tuple(roads)
        self.default = self.names[0]
        self.contexts: dict[str, int] = {}

    def road(self, name: str | None) -> Road:
        """The road to this backbone, or to the default one.

        Raises:
            KeyError: the name is not configured.
        """
        return self._roads[name or self.default]

    def fast_road(self, name: str | None) -> FastRoad | None:
        """The fast road to this backbone, where one leads there."""
        road = self.road(name)
        return None if isinstance(road, LiteLLMRoad) else road

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelChunk, None]:
        """The Model port."""
        async with aclosing(self.road(request.backbone).stream(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def ready(self) -> dict[str, bool]:
        """Which backbones answer."""
        answers = await asyncio.gather(*(road.ready() for road in self._roads.values()))
        fast = {name: road for name in self.names if (road := self.fast_road(name))}
        self.contexts.update({name: road.context for name, road in fast.items() if road.context})
        return dict(zip(self.names, answers, strict=True))


@asynccontextmanager
async def open_backbones(deployments: Sequence[Deployment], settings: Settings) -> AsyncIterator[Backbones]:
    """Reach every deployment on the best road it can take; close all connections at the end.

    OpenAI-compatible deployments take the fast road, several of the same model behind one name too; other
    providers, several models behind one name, and everything as soon as `router_settings` are given go
    through LiteLLM's Router.

    Raises:
        ConfigurationError: LiteLLM does not accept a deployment.
    """
    # No total limit: an answer may stream for long. Silence is what is limited.
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=settings.connect_seconds, sock_read=settings.request_seconds
    )
    connector = aiohttp.TCPConnector(limit=0)
    async with AsyncExitStack() as stack:
        session = aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False)
        await stack.enter_async_context(session)
        groups = on_fast_roads(deployments, settings)
        fast = {name: _fast_road(group, settings, session) for name, group in groups.items()}
        translated = [one for one in deployments if one.model_name not in fast]
        router = await stack.enter_async_context(open_router(settings, translated)) if translated else None
        names = dict.fromkeys(one.model_name for one in deployments)
        yield Backbones({name: fast.get(name) or LiteLLMRoad(name, router) for name in names})


def on_fast_roads(
    deployments: Sequence[Deployment], settings: Settings
) -> dict[str, Sequence[LiteLLMParams]]:
    """By name those that the fast road leads to; LiteLLM leads to the others."""
    if settings.router_settings:
        return {}
    groups: dict[str, list[LiteLLMParams]] = defaultdict(list)
    for one in deployments:
        groups[one.model_name].append(one.litellm_params)
    return {name: group for name, group in groups.items() if _equal(group)}


def _equal(group: Sequence[LiteLLMParams]) -> bool:
    """Whether the fast road leads to all of them, and any of them may take the same bytes."""
    return all(drives(one) for one in group) and len({one.model for one in group}) == 1


def _fast_road(
    group: Sequence[LiteLLMParams], settings: Settings, session: aiohttp.ClientSession
) -> FastRoad:
    if len(group) == 1:
        return OpenAIRoad(group[0], session, retries=settings.retries)
    return BalancedRoad([OpenAIRoad(one, session, retries=0) for one in group])
