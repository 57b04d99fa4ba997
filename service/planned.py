"""One request, from its wire form to the events of its run: what chat and responses share."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request

from agents import BackboneError, Delta, Event, Mode, Plan, Question, estimate
from service.accept_language import locales
from service.access.admission import Admission, admission_of
from service.catalogue import PREFIX, Catalogue, Target
from service.errors import InvalidRequest, ModelNotFound, TooManyAtOnce
from service.extension import headers as extension_headers
from service.passthrough import Proxied
from service.settings import Settings
from service.telemetry.observed import ObservedModel, Observer
from service.telemetry.record import record_of
from service.upstream.addresses import first_address, not_fetched
from service.upstream.backbones import Backbones, FastRoad
from service.wire import OURS, ChatRequest, Steering


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request that has been admitted, with the plan that it will follow.

    `plan` is None for a backbone's own id, which is not looked into; `road` is the fast one where there is
    one, None where only the pipeline leads to the backbone; `headers` go with the answer.
    """

    wire: ChatRequest
    target: Target
    road: FastRoad | None
    observer: Observer
    headers: Mapping[str, str]
    question: Question
    plan: Plan | None
    prompt_tokens: int
    counts_tokens: bool

    @property
    def proxied(self) -> FastRoad | None:
        """The road on which it goes through byte by byte; None when it is steered or needs translation."""
        return self.road if self.plan is None or self.plan.mode == "direct" else None

    def to_proxy(self, road: FastRoad, path: str, body: bytes) -> Proxied:
        """What goes through on this road."""
        named = self.target.backbone
        tokens = self.prompt_tokens
        return Proxied(road, path, body, self.headers, self.observer, named, tokens, self.counts_tokens)

    @property
    def decided(self) -> Plan:
        """The plan of what is looked into."""
        if self.plan is None:
            raise ValueError("a backbone's own id is not looked into")
        return self.plan


async def plan_request(request: Request, wire: ChatRequest) -> PlannedRequest:
    """Find out what is wanted, whether it may be had, and how it will be done: no call of a model.

    Raises:
        InvalidRequest: no such model, a cap that it exceeds, no seat for a council, a quota that is used up.
        BadQuestion: what is asked for cannot be done.
    """
    started = time.perf_counter()
    settings: Settings = request.app.state.settings
    admission = admission_of(request.scope.get("state", {}))
    target = target_of(request, wire.model, admission)
    if wire.polylect and wire.polylect.mode:
        _check_mode(request, wire.polylect.mode, admission)
    fast = _fast_road(request, target)
    if is_translated(request, target):
        _check_addresses(wire)
    question = to_question(wire, target, request.headers)
    tokens = check_caps(wire, question, settings)
    untouched = goes_untouched(request, target, wire.polylect)
    # In a thread: where detection embeds a text it keeps a core busy for 15 ms and more.
    plan = None if untouched else await asyncio.to_thread(request.app.state.pipeline.plan, question)
    headers = {"x-polylect-mode": "direct"}
    if plan:
        headers = extension_headers(plan, (time.perf_counter() - started) * 1000)
    observer = observe(request, target, admission, plan=plan, streams=bool(wire.stream))
    if wire.polylect and not (wire.polylect.trace or wire.polylect.live):
        observer = replace(observer, shows_voices=False)
    calls = plan.calls(question.choices) if plan else 1
    if plan and not (fast and plan.mode == "direct"):
        request.app.state.fan_outs.check(calls)
    # A backbone's own id, and `direct`: one call, however many choices it makes of it.
    headers |= await admission.charge(calls=max(calls, question.choices), tokens=tokens * calls)
    counts = admission.counts_tokens
    return PlannedRequest(wire, target, fast, observer, headers, question, plan, tokens, counts)


def observe(
    request: Request, target: Target, admission: Admission, *, plan: Plan | None = None, streams: bool = False
) -> Observer:
    """Who sees every call that this request makes of a backbone."""
    state, record = request.app.state, record_of(request.scope)
    record.mode = plan.mode if plan else "direct"
    record.backbone = target.backbone
    record.streams = streams
    trace = state.tracing.begin(record, request.headers, len(plan.voices) if plan else 0)
    return Observer(admission.spend, record, state.metrics, trace)


async def run(request: Request, planned: PlannedRequest) -> AsyncGenerator[Event, None]:
    """The events of the pipeline's run, observed, in one of the seats for councils.

    Raises:
        TooManyAtOnce: 429, no seat is free.
        BackboneError, TooFewVoices: as the pipeline does.
    """
    state = request.app.state
    room: int = state.settings.max_response_bytes
    model = ObservedModel(state.model, planned.observer, state.catalogue.backbones[0])
    events = state.pipeline.stream(planned.question, planned.decided, model=model)
    with ExitStack() as held:
        try:
            held.enter_context(state.fan_outs.seat(planned.decided.calls(planned.question.choices)))
        except TooManyAtOnce:  # the last seat was taken while this request was charged
            await admission_of(request.scope.get("state", {})).refund()
            raise
        held.enter_context(planned.observer.run())
        async with aclosing(events):
            async for event in events:
                planned.observer.happened(event)
                if isinstance(event, Delta) and (room := room - _bytes(event)) < 0:
                    most = state.settings.max_response_bytes
                    raise BackboneError(f"the answer is longer than {most:,} bytes, the most allowed")
                yield event


def _bytes(event: Delta) -> int:
    return sum(len(str(value).encode("utf-8", "replace")) for value in event.delta.values())


def target_of(request: Request, model: str, admission: Admission) -> Target:
    """What this model id means to this asker.

    Raises:
        ModelNotFound: nobody is called so, or the asker's key does not allow it.
    """
    catalogue: Catalogue = request.app.state.catalogue
    return catalogue.target(model, admission.allows)


def _check_mode(request: Request, mode: str, admission: Admission) -> None:
    """A key that does not allow a mode by its model id does not allow it by the body either."""
    if not admission.allows(f"{PREFIX}{mode}"):
        catalogue: Catalogue = request.app.state.catalogue
        raise ModelNotFound(f"{PREFIX}{mode}", catalogue.ids(admission.allows))


def goes_untouched(request: Request, target: Target, steering: Steering | None) -> bool:
    """Whether it is not looked into: a backbone's own id, without our object, on the fast road."""
    return target.mode is None and steering is None and _fast_road(request, target) is not None


def is_translated(request: Request, target: Target) -> bool:
    """Whether LiteLLM leads to the backbone."""
    return request.app.state.backbones is not None and _fast_road(request, target) is None


def _fast_road(request: Request, target: Target) -> FastRoad | None:
    backbones: Backbones | None = request.app.state.backbones
    return backbones.fast_road(target.backbone) if backbones else None


def _check_addresses(wire: ChatRequest) -> None:
    if found := first_address([one.model_dump(exclude_unset=True) for one in wire.messages]):
        raise not_fetched(".".join(("messages", *found)))


def to_question(wire: ChatRequest, target: Target, headers: Mapping[str, str]) -> Question:
    """What the wire says, in the pipeline's words. Mode: the body's, else the model id's."""
    steering = wire.polylect or Steering()
    given = (wire.model_extra or {}).items()
    parameters: dict[str, Any] = {
        name: value for name, value in given if name not in OURS and value is not None
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
        chore=bool(headers.get("x-openwebui-task")) and wire.polylect is None,
        audience=steering.audience or "",
        locales=locales(headers.get("accept-language")),
        rounds=steering.rounds,
        whole=not wire.stream or steering.guard == "strict",
    )


def check_caps(wire: ChatRequest, question: Question, settings: Settings) -> int:
    """The estimated prompt tokens of one call, which the operator's caps allow, as the rest of it.

    Raises:
        InvalidRequest: it is over a cap; the message names the cap and what was asked.
    """
    tokens = estimate(question.messages).prompt_tokens
    if tokens > settings.max_input_tokens:
        message = (
            f"The messages have about {tokens:,} tokens (four characters each); at most "
            f"{settings.max_input_tokens:,} are allowed. Send less, or raise POLYLECT_MAX_INPUT_TOKENS."
        )
        raise InvalidRequest(message, param="messages", code="context_length_exceeded")
    for name in ("max_completion_tokens", "max_tokens"):
        check_bound(name, question.parameters.get(name), settings.max_output_tokens)
    check_bound("n", wire.n, settings.max_choices, code="unsupported_option")
    return tokens


def check_bound(name: str, asked: Any, most: int, *, code: str = "invalid_value") -> None:
    """A number of the request that goes on to a backbone, which may read a string as one, too.

    Raises:
        InvalidRequest: it is more than `most`, or no number.
    """
    if asked is None:
        return
    if not isinstance(asked, int | float):
        message = f"{name} must be a number, {most:,} at most; a string is none."
        raise InvalidRequest(message, param=name, code="invalid_value")
    if asked > most:
        raise InvalidRequest(f"{name} may be at most {most:,}, not {asked}.", param=name, code=code)
