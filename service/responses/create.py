"""POST /v1/responses: wire -> chat request -> pipeline -> wire. Stateless."""

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from service.access.admission import admission_of
from service.disconnect import while_served
from service.errors import InvalidRequest
from service.passthrough import passthrough, renamed
from service.planned import PlannedRequest, goes_untouched, is_translated, plan_request, run, target_of
from service.reading import check_numbers, read_body
from service.responses.stream import Answer, proxied_last_words
from service.responses.translation import in_our_words, stand_in, to_chat
from service.responses.wire import (
    AddressedRequest,
    ResponsesRequest,
    read_addressed_request,
    read_responses_request,
)
from service.settings import Settings
from service.sse import EventStream
from service.upstream.addresses import first_address, not_fetched
from service.wire import ChatRequest

router = APIRouter(prefix="/v1", tags=["responses"])
PATH = "/responses"


@router.post(PATH, summary="Create a response")
async def create_response(request: Request) -> Response:
    """Answers as OpenAI's endpoint does, statelessly; a mode is chosen as in chat."""
    body = await read_body(request)
    addressed = read_addressed_request(body)
    target = target_of(request, addressed.model, admission_of(request.scope.get("state", {})))
    if goes_untouched(request, target, addressed.polylect):
        return await _proxy(request, addressed, body)
    wire = read_responses_request(body)
    check_numbers(body)
    if is_translated(request, target):
        _check_addresses(wire)
    return await _answer(request, wire, await _plan(request, to_chat(wire)))


def _check_addresses(wire: ResponsesRequest) -> None:
    """Before they are chat's, so that the part is named as the asker wrote it."""
    if found := first_address([item.model_dump(exclude_unset=True) for item in wire.input]):
        named = "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in found)
        raise not_fetched(f"input{named}")


async def _plan(request: Request, chat: ChatRequest) -> PlannedRequest:
    try:
        return await plan_request(request, chat)
    except InvalidRequest as error:
        raise in_our_words(error) from error


async def _proxy(request: Request, addressed: AddressedRequest, body: bytes) -> Response:
    """The bytes as they are. A stream of responses always reports its usage: nobody has to ask for it."""
    planned = await _plan(request, stand_in(addressed))
    road = planned.road
    if road is None:
        raise ValueError("what goes untouched has a road")
    proxied = planned.to_proxy(road, PATH, renamed(body, addressed.model, road, ours=False))
    return await passthrough(request, replace(proxied, needs_usage=False), last_words=proxied_last_words)


async def _answer(request: Request, wire: ResponsesRequest, planned: PlannedRequest) -> Response:
    settings: Settings = request.app.state.settings
    answer = Answer(wire, planned.decided)
    events = run(request, planned)
    if wire.stream:
        return EventStream(
            answer.frames(events),
            headers=planned.headers,
            first=settings.keep_alive_first,
            every=settings.keep_alive_every,
            last_words=answer.last_words,
        )
    whole = await while_served(request, answer.whole(events))
    return JSONResponse(whole, headers=dict(planned.headers))
