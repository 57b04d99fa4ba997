"""The application: what it consists of, in the order in which a request meets it."""

import hashlib
import logging
from collections import ChainMap
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from agents import BackboneError as AgentsBackboneError
from agents import BadQuestion, Knowledge, KnowledgeMap, Model, Pipeline, TooFewVoices, load_knowledge
from service import catalogue, chat, health, polylect, unsteered
from service.access.auth import Gate
from service.access.fan_outs import FanOuts
from service.access.keys import Keys
from service.access.limits import open_rate_limits
from service.access.local_pages import LocalPages
from service.disconnect import ClientGone, ServiceStopping
from service.draining_server import Draining
from service.embedded import open_embedded
from service.errors import (
    InvalidRequest,
    LimitsUnavailable,
    answer_error,
    answer_http_exception,
    answer_request_validation,
)
from service.knowledge_maps import load_maps
from service.openapi import described
from service.responses import create
from service.settings import Settings
from service.telemetry import metrics
from service.telemetry.request_id import RequestId
from service.telemetry.tracing import open_tracing
from service.upstream.backbones import Backbones, open_backbones
from service.upstream.embeddings import EmbeddingsEndpoint

log = logging.getLogger("polylect")

_OF_THE_PLACE = {
    "host",
    "keys_file",
    "log_format",
    "otlp_endpoint",
    "playground",
    "port",
    "redis_url",
    "trace_cultures",
}
"""Settings that change nothing about an answer."""

_EXPECTED = (
    InvalidRequest,
    LimitsUnavailable,
    BadQuestion,
    AgentsBackboneError,
    TooFewVoices,
    ServiceStopping,
)


def create_app(
    settings: Settings, *, model: Model | None = None, knowledge: Knowledge | None = None
) -> FastAPI:
    """The service. `model` stands in for the configured backbones: a FakeModel in tests.

    `knowledge` was loaded already, and is shared by several services of one process.
    """
    app = FastAPI(
        title="Polylect",
        summary="A drop-in OpenAI endpoint that answers from more than one culture",
        version=version("polylect-service"),
        lifespan=_lifespan(settings, model, knowledge),
        redirect_slashes=False,
        docs_url=None,  # both would load scripts of third parties into the browser that opens them
        redoc_url=None,
    )
    for router in (chat, create, unsteered, polylect, catalogue, health, metrics):
        app.include_router(router.router)
    for expected in _EXPECTED:
        app.add_exception_handler(expected, answer_error)
    app.add_exception_handler(HTTPException, answer_http_exception)
    app.add_exception_handler(RequestValidationError, answer_request_validation)
    app.add_exception_handler(ClientGone, _nobody_listens)
    app.add_middleware(Gate)
    app.add_middleware(LocalPages)
    app.add_middleware(RequestId)  # the outermost: refusals of the others have an id too
    app.openapi = described(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def _lifespan(
    settings: Settings, model: Model | None, known: Knowledge | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        knowledge = known or load_knowledge(settings.lid_model)
        async with AsyncExitStack() as stack:
            await _open(app, settings, knowledge, model, stack)
            yield

    return lifespan


async def _open(
    app: FastAPI, settings: Settings, knowledge: Knowledge, model: Model | None, stack: AsyncExitStack
) -> None:
    """Reach the backbones and put everything that requests need on `app.state`."""
    app.state.keys = Keys(settings.keys_file) if settings.keys_file else None
    app.state.rate_limits = None
    if app.state.keys:
        app.state.rate_limits = await stack.enter_async_context(open_rate_limits(settings.redis_url))
    backbones: Backbones | None = None
    deployments = settings.model_list
    if model is None:
        deployments = deployments or (await stack.enter_async_context(open_embedded(settings)),)
        model = backbones = await stack.enter_async_context(open_backbones(deployments, settings))
    names = backbones.names if backbones else ("fake",)
    app.state.settings = settings
    app.state.draining = Draining()
    app.state.backbones = backbones
    app.state.answering = health.Answering(backbones.ready if backbones else _nobody_is_asked)
    app.state.catalogue = catalogue.Catalogue(names)
    app.state.model = model
    app.state.fan_outs = fan_outs = FanOuts(settings.max_fan_outs)
    app.state.metrics = metrics.Metrics(
        names, councils=lambda: fan_outs.running, most_councils=settings.max_fan_outs
    )
    app.state.tracing = await stack.enter_async_context(open_tracing(settings, deployments))
    maps = load_maps(settings, deployments)
    embedder = EmbeddingsEndpoint(settings.embedder) if settings.embedder and maps else None
    if embedder:
        stack.callback(embedder.close)
    limits = settings.limits(deployments)
    if backbones:
        await backbones.ready()  # it asks how much they take, too; one that is not there yet tells later
        limits = replace(limits, contexts=ChainMap(dict(limits.contexts), backbones.contexts))
    app.state.pipeline = Pipeline(model, knowledge, limits, maps=maps, embedder=embedder)
    app.state.fingerprint = _fingerprint(settings, knowledge, names, maps)


def _fingerprint(
    settings: Settings, knowledge: Knowledge, names: tuple[str, ...], maps: Mapping[str, KnowledgeMap]
) -> str:
    """Changes whenever configuration, prompts, maps or backbones do: OpenAI's `system_fingerprint`."""
    seen = settings.model_dump_json(exclude=_OF_THE_PLACE) + knowledge.prompts.fingerprint + ",".join(names)
    seen += "".join(one.file.model_dump_json() for _, one in sorted(maps.items()))
    return f"fp_{hashlib.sha256(seen.encode()).hexdigest()[:12]}"


async def _nobody_is_asked() -> dict[str, bool]:
    return {}


async def _nobody_listens(request: Request, error: Exception) -> Response:
    log.debug("client left before its answer")
    return Response(status_code=499)
