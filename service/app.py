"""The application: what it consists of, in the order in which a request meets it."""

import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from agents import BackboneError as AgentsBackboneError
from agents import BadQuestion, Knowledge, Model, Pipeline, TooFewVoices, load_knowledge
from service import catalogue, chat, health, telemetry
from service.disconnect import ClientGone
from service.embedded import open_embedded
from service.errors import InvalidRequest, answer_error, answer_http_exception, answer_request_validation
from service.settings import Settings
from service.upstream.backbones import Backbones, open_backbones

log = logging.getLogger("polylect")


def create_app(settings: Settings, *, model: Model | None = None) -> FastAPI:
    """The service. `model` stands in for the configured backbones: a FakeModel in tests."""
    app = FastAPI(
        title="Polylect",
        summary="A drop-in OpenAI endpoint that answers from more than one culture",
        version=version("polylect-service"),
        lifespan=_lifespan(settings, model),
        redirect_slashes=False,
    )
    for router in (chat.router, catalogue.router, health.router):
        app.include_router(router)
    for expected in (InvalidRequest, BadQuestion, AgentsBackboneError, TooFewVoices):
        app.add_exception_handler(expected, answer_error)
    app.add_exception_handler(HTTPException, answer_http_exception)
    app.add_exception_handler(RequestValidationError, answer_request_validation)
    app.add_exception_handler(ClientGone, _nobody_listens)
    app.add_middleware(telemetry.RequestId)
    return app


def _lifespan(
    settings: Settings, model: Model | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        knowledge = load_knowledge(settings.lid_model)
        async with AsyncExitStack() as stack:
            await _open(app, settings, knowledge, model, stack)
            yield

    return lifespan


async def _open(
    app: FastAPI, settings: Settings, knowledge: Knowledge, model: Model | None, stack: AsyncExitStack
) -> None:
    """Reach the backbones and put everything that requests need on `app.state`."""
    backbones: Backbones | None = None
    if model is None:
        deployments = settings.model_list or [await stack.enter_async_context(open_embedded(settings))]
        model = backbones = await stack.enter_async_context(open_backbones(deployments, settings))
    names = backbones.names if backbones else ("fake",)
    app.state.settings = settings
    app.state.backbones = backbones
    app.state.catalogue = catalogue.Catalogue(names)
    app.state.pipeline = Pipeline(model, knowledge, settings.limits())
    app.state.fingerprint = _fingerprint(settings, knowledge, names)


def _fingerprint(settings: Settings, knowledge: Knowledge, names: tuple[str, ...]) -> str:
    """Changes whenever configuration, prompts or backbones do: OpenAI's `system_fingerprint`."""
    seen = (
        settings.model_dump_json(exclude={"host", "port"}) + knowledge.prompts.fingerprint + ",".join(names)
    )
    return f"fp_{hashlib.sha256(seen.encode()).hexdigest()[:12]}"


async def _nobody_listens(request: Request, error: Exception) -> Response:
    log.info("client left before its answer")
    return Response(status_code=499)
