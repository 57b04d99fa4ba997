"""POST /v1/chat/completions: wire -> Question -> pipeline -> wire."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from service.completion import Completion
from service.disconnect import while_served
from service.passthrough import passthrough, renamed
from service.planned import PlannedRequest, plan_request, run
from service.reading import read_body, read_chat_request
from service.settings import Settings
from service.sse import EventStream
from service.wire import Steering

router = APIRouter(prefix="/v1", tags=["chat"])
PATH = "/chat/completions"


@router.post(PATH, summary="Create a chat completion")
async def create_chat_completion(request: Request) -> Response:
    """Answers as OpenAI's endpoint does; the model id or the body object `polylect` chooses the mode."""
    body = await read_body(request)
    wire = read_chat_request(body)
    planned = await plan_request(request, wire)
    if road := planned.proxied:
        body = renamed(body, wire.model, road, ours=wire.polylect is not None)
        return await passthrough(request, planned.to_proxy(road, PATH, body))
    return await _answer(request, planned)


async def _answer(request: Request, planned: PlannedRequest) -> Response:
    settings: Settings = request.app.state.settings
    wire = planned.wire
    steering = wire.polylect or Steering()
    completion = Completion(
        model=wire.model,
        plan=planned.decided,
        fingerprint=request.app.state.fingerprint,
        include_usage=bool(wire.stream_options and wire.stream_options.include_usage),
        trace=steering.trace,
        live=steering.live,
    )
    events = run(request, planned)
    if wire.stream:
        frames = completion.frames(events)
        first, every = settings.keep_alive_first, settings.keep_alive_every
        return EventStream(frames, headers=planned.headers, first=first, every=every)
    whole = await while_served(request, completion.whole(events))
    return JSONResponse(whole, headers=dict(planned.headers))
