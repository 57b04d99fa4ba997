"""POST /v1/chat/completions: wire -> Question -> pipeline -> wire."""

import json
import time
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from agents import Mode, Pipeline, Plan, Question
from service.catalogue import Catalogue, Target
from service.completion import Completion
from service.disconnect import while_connected
from service.extension import headers as extension_headers
from service.passthrough import passthrough
from service.reading import read_body, read_chat_request
from service.settings import Settings
from service.sse import EventStream
from service.upstream.openai_road import OpenAIRoad
from service.wire import OURS, ChatRequest, Steering

router = APIRouter(prefix="/v1", tags=["chat"])
PATH = "/chat/completions"

_SCHEMA = {"content": {"application/json": {"schema": ChatRequest.model_json_schema()}}, "required": True}


@router.post(PATH, summary="Create a chat completion", openapi_extra={"requestBody": _SCHEMA})
async def create_chat_completion(request: Request) -> Response:
    """Answers as OpenAI's endpoint does; the model id or the body object `polylect` chooses the mode."""
    started = time.perf_counter()
    body = await read_body(request)
    wire = read_chat_request(body)
    catalogue: Catalogue = request.app.state.catalogue
    target = catalogue.target(wire.model)
    road = request.app.state.backbones.road(target.backbone) if request.app.state.backbones else None
    if target.mode is None and wire.polylect is None and isinstance(road, OpenAIRoad):
        return await passthrough(
            request, road, PATH, _renamed(body, wire, road), {"x-polylect-mode": "direct"}
        )
    pipeline: Pipeline = request.app.state.pipeline
    question = to_question(wire, target, request.headers)
    plan = pipeline.plan(question)
    headers = extension_headers(plan, (time.perf_counter() - started) * 1000)
    if plan.mode == "direct" and isinstance(road, OpenAIRoad):
        return await passthrough(request, road, PATH, _renamed(body, wire, road), headers)
    return await _answer(request, wire, question, plan, headers)


async def _answer(
    request: Request, wire: ChatRequest, question: Question, plan: Plan, headers: Mapping[str, str]
) -> Response:
    settings: Settings = request.app.state.settings
    steering = wire.polylect or Steering()
    completion = Completion(
        model=wire.model,
        plan=plan,
        fingerprint=request.app.state.fingerprint,
        include_usage=bool(wire.stream_options and wire.stream_options.include_usage),
        trace=steering.trace,
        live=steering.live,
    )
    events = request.app.state.pipeline.stream(question, plan)
    if wire.stream:
        frames = completion.frames(events)
        first, every = settings.keep_alive_first, settings.keep_alive_every
        return EventStream(frames, headers=headers, first=first, every=every)
    return JSONResponse(
        await while_connected(request.receive, completion.whole(events)), headers=dict(headers)
    )


def to_question(wire: ChatRequest, target: Target, headers: Mapping[str, str]) -> Question:
    """What the wire says, in the pipeline's words. Mode: the body's, else the model id's."""
    steering = wire.polylect or Steering()
    parameters: dict[str, Any] = {
        name: value for name, value in (wire.model_extra or {}).items() if name not in OURS
    }
    mode: Mode = steering.mode or target.mode or "direct"  # type: ignore[assignment]  # the planner checks it
    return Question(
        messages=tuple(message.model_dump(exclude_unset=True) for message in wire.messages),
        mode=mode,
        cultures=tuple(steering.cultures),
        reasoning_language=steering.reasoning_language,
        max_agents=steering.max_agents,
        backbone=target.backbone,
        parameters=parameters,
        choices=1 if wire.n is None else wire.n,
        chore="x-openwebui-task" in headers,
    )


def _renamed(body: bytes, wire: ChatRequest, road: OpenAIRoad) -> bytes:
    """The same request to the backbone: its own model id, without our object; else the very bytes."""
    if wire.model == road.model and wire.polylect is None:
        return body
    content = json.loads(body)
    content.pop("polylect", None)
    content["model"] = road.model
    return json.dumps(content, ensure_ascii=False).encode()
