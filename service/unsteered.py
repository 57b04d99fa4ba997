"""POST /v1/completions and /v1/embeddings: the backbone's own, whatever mode the model id names."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import JSONResponse, Response

from agents import BackboneTimeout
from service.access.admission import admission_of
from service.disconnect import while_served
from service.errors import InvalidRequest, invalid
from service.passthrough import Proxied, passthrough, renamed
from service.planned import check_bound, observe, target_of
from service.reading import check_numbers, read_body
from service.settings import Settings
from service.upstream.chunk import read_usage
from service.upstream.litellm_road import LiteLLMRoad
from service.wire import CompletionRequest, EmbeddingRequest, UnsteeredRequest

T = TypeVar("T")
router = APIRouter(prefix="/v1", tags=["unsteered"])

_COMPLETION: TypeAdapter[CompletionRequest] = TypeAdapter(CompletionRequest)
_EMBEDDING: TypeAdapter[EmbeddingRequest] = TypeAdapter(EmbeddingRequest)


@router.post("/completions", summary="A text completion")
async def create_completion(request: Request) -> Response:
    """The backbone's own answer, byte by byte."""
    return await _pass(request, "/completions", _COMPLETION)


@router.post("/embeddings", summary="Embeddings")
async def create_embeddings(request: Request) -> Response:
    """The backbone's own answer, byte by byte."""
    return await _pass(request, "/embeddings", _EMBEDDING)


async def _pass(request: Request, path: str, adapter: TypeAdapter[Any]) -> Response:
    body = await read_body(request)
    try:
        wire: UnsteeredRequest = adapter.validate_json(body)
    except ValidationError as error:
        raise invalid(error) from error
    check_numbers(body)
    admission = admission_of(request.scope.get("state", {}))
    target = target_of(request, wire.model, admission)
    tokens = _count(wire, request.app.state.settings)
    calls = _calls(wire, request.app.state.settings)
    headers = {"x-polylect-mode": "direct", **await admission.charge(calls=calls, tokens=tokens)}
    backbones = request.app.state.backbones
    if backbones is None:
        raise InvalidRequest(f"This service has no backbone that serves {path}.", code="unsupported_endpoint")
    road = backbones.road(target.backbone)
    streams = bool(getattr(wire, "stream", None))
    observer = observe(request, target, admission, streams=streams)
    if not isinstance(road, LiteLLMRoad):
        body = renamed(body, wire.model, road, ours=True)
        counts = admission.counts_tokens
        return await passthrough(
            request, Proxied(road, path, body, headers, observer, target.backbone, tokens, counts)
        )
    if not isinstance(wire, EmbeddingRequest):
        cure = "Ask /v1/chat/completions, or a backbone that speaks OpenAI's API."
        message = f"{wire.model!r} is reached through LiteLLM, which has no text completions here. {cure}"
        raise InvalidRequest(message, param="model", code="unsupported_endpoint")
    with observer.call("direct", target.backbone) as call:
        asked = wire.model_dump(exclude_unset=True, exclude={"model"})
        answer = await while_served(request, _in_time(road.embed(asked), request.app.state.settings))
        call.usage = read_usage(answer.get("usage"))
    return JSONResponse({**answer, "model": wire.model}, headers=headers)


async def _in_time(work: Awaitable[T], settings: Settings) -> T:
    """LiteLLM's own limit of time is ten minutes."""
    try:
        async with asyncio.timeout(settings.request_seconds):
            return await work
    except TimeoutError as error:
        message = f"the backbone did not answer within {settings.request_seconds:g} s"
        raise BackboneTimeout(message) from error


def _count(wire: UnsteeredRequest, settings: Settings) -> int:
    """The estimated prompt tokens, which the operator's cap allows."""
    given = wire.given()
    tokens = _length(given) if isinstance(given, str) else sum(_length(one) for one in given)
    if tokens > settings.max_input_tokens:
        message = f"About {tokens:,} tokens were sent; at most {settings.max_input_tokens:,} are allowed."
        raise InvalidRequest(message, code="context_length_exceeded")
    return tokens


def _calls(wire: UnsteeredRequest, settings: Settings) -> int:
    """As how many calls it counts, one for each text that is written; the operator's caps allow as many."""
    if isinstance(wire, EmbeddingRequest):
        return 1
    told = wire.model_extra or {}
    check_bound("max_tokens", told.get("max_tokens"), settings.max_output_tokens)
    for name in ("n", "best_of"):
        check_bound(name, told.get(name), settings.max_choices, code="unsupported_option")
    given = wire.given()
    tokens = isinstance(given, str) or all(isinstance(one, int) for one in given)
    return (1 if tokens else len(given)) * max(1, int(told.get("n") or 1), int(told.get("best_of") or 1))


def _length(given: str | int | list[int]) -> int:
    """In tokens: four characters of text, or one number, each; an empty text is one: it is capped, too."""
    if isinstance(given, str):
        return max(1, -(-len(given) // 4))
    return len(given) if isinstance(given, list) else 1
