"""Each backbone of `model_list`: is it there, does it know the model and the key, does it answer, and how."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from agents import BackboneError, BackboneRejected, BackboneTimeout, ModelRequest
from service.doctor.finding import Finding, ok, problem, refused, skipped, warning
from service.doctor.listing import key_refused, list_models, unlisted_but_answers
from service.settings import ConfigurationError, Deployment, Settings
from service.upstream.backbones import Backbones, on_fast_roads, open_backbones
from service.upstream.openai_road import drives

SECONDS = 30.0
"""The patience with one token; less where a voice is given less."""

_MESSAGES = ({"role": "user", "content": "Say yes."},)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One token: after how many seconds it came, and what came with it."""

    seconds: float
    usage: bool
    logprobs: bool


async def backbones(deployments: Sequence[Deployment], settings: Settings, *, ask: bool) -> list[Finding]:
    """All of them: those on the fast road at once, the others one after another.

    LiteLLM closes the connections of the whole process when one of its Routers is closed.
    """
    together = [one for one in deployments if drives(one.litellm_params)]
    reading = on_fast_roads(deployments, settings)
    looking = (_fast(one, settings, ask, reads=one.model_name in reading) for one in together)
    looked = dict(zip(map(id, together), await asyncio.gather(*looking), strict=True))
    for one in deployments:
        if id(one) not in looked:
            looked[id(one)] = await _translated(one, settings, ask)
    findings = [finding for one in deployments for finding in looked[id(one)]]
    return findings + (await _router(deployments, settings) if settings.router_settings else [])


async def _fast(deployment: Deployment, settings: Settings, ask: bool, *, reads: bool) -> list[Finding]:
    """`reads`: whether the service would read the list, too, for the context."""
    listing = await list_models(deployment)
    findings = [listing.finding]
    if listing.worth_asking:
        answer = await _answer(deployment, settings) if ask else _not_asked(deployment)
        findings.append(answer)
        if listing.listed is False and answer.state in {"ok", "warning"}:
            findings[0] = unlisted_but_answers(listing)
    return [*findings, _context(deployment, listing.context, reads=reads)]


async def _translated(deployment: Deployment, settings: Settings, ask: bool) -> list[Finding]:
    """Providers have no common way to be asked for their models."""
    name = deployment.model_name
    through = f"{deployment.litellm_params.model}, through LiteLLM"
    answer = await _answer(deployment, settings) if ask else _not_asked(deployment)
    return [ok(f"backbone {name}", through), answer, _context(deployment, None, reads=False)]


async def _router(deployments: Sequence[Deployment], settings: Settings) -> list[Finding]:
    try:
        async with open_backbones(deployments, settings):
            return [ok("router_settings", "LiteLLM's Router takes them")]
    except ConfigurationError as error:
        return [refused("router_settings", error, "Mend router_settings.")]


def _not_asked(deployment: Deployment) -> Finding:
    return skipped(f"answer of {deployment.model_name}", "not asked for: --no-ask")


async def _answer(deployment: Deployment, settings: Settings) -> Finding:
    """One token, asked for as a council asks: as a stream, with usage."""
    name = deployment.model_name
    check = f"answer of {name}"
    patience = min(SECONDS, settings.voice_seconds)
    alone = settings.model_copy(update={"retries": 0, "router_settings": {}})
    try:
        async with open_backbones([deployment], alone) as opened:
            answer = await _asked(opened, patience)
    except (BackboneTimeout, TimeoutError):
        waits = f"{settings.voice_seconds:g} s (POLYLECT_VOICE_SECONDS)"
        cure = f"Look at its load and its log; a voice is given {waits}."
        return problem(check, f"not one token within {patience:g} s", cure)
    except BackboneRejected as error:
        return _rejected(check, deployment, error)
    except BackboneError as error:
        cure = "Look at its log and its api_base: it must answer chat completions as a stream."
        return problem(check, error.message, cure)
    except ConfigurationError as error:
        return refused(check, error, "Mend model_list.")
    if answer is None:
        return problem(check, "its stream held no token", "Look at its log, or take another model.")
    told = f"one token in {answer.seconds:.1f} s, as a stream"
    told += ", with log-probabilities" if answer.logprobs else ", without log-probabilities"
    if not answer.usage:
        cure = "Nothing, if estimates are enough: limits then count estimated tokens."
        return warning(check, f"{told}; it reports no usage", cure)
    return ok(check, f"{told}; it reports usage")


async def _asked(opened: Backbones, patience: float) -> _Answer | None:
    """With log-probabilities, and again without them where it refuses."""
    async with asyncio.timeout(patience):
        try:
            return await _one_token(opened, {"max_tokens": 1, "logprobs": True})
        except BackboneRejected as error:
            if error.status not in {400, 422}:
                raise
        return await _one_token(opened, {"max_tokens": 1})


async def _one_token(opened: Backbones, parameters: Mapping[str, Any]) -> _Answer | None:
    begun = time.perf_counter()
    seconds, usage, logprobs = None, False, False
    request = ModelRequest(_MESSAGES, stage="doctor", parameters=parameters)
    async with aclosing(opened.stream(request)) as chunks:
        async for chunk in chunks:
            if seconds is None and (chunk.delta or chunk.finish_reason):
                seconds = time.perf_counter() - begun
            usage = usage or chunk.usage is not None
            logprobs = logprobs or bool(chunk.logprobs)
    return None if seconds is None else _Answer(seconds, usage, logprobs)


def _rejected(check: str, deployment: Deployment, error: BackboneRejected) -> Finding:
    name, model = deployment.model_name, deployment.litellm_params.model
    if error.status in {401, 403}:
        return key_refused(check, name, error.status)
    if error.status == 404:
        return problem(
            check, f"it knows no {model} (404)", f"Mend model or api_base of {name} in model_list."
        )
    if error.status == 429:
        return problem(check, error.message, "Wait, or raise what your key may use there.")
    return problem(check, error.message, f"Mend {name} in model_list, or take a model that chats.")


def _context(deployment: Deployment, served: int | None, *, reads: bool) -> Finding:
    """How many tokens it takes: without it, conversations that are too long are refused, not shortened.

    `served`: what its own list says; the service goes by it where it `reads` it and nobody says otherwise.
    """
    check = f"context of {deployment.model_name}"
    told = deployment.model_info.max_input_tokens
    if told is None and served and reads:
        return ok(check, f"{served:,} tokens, as it says of itself")
    if told is None:
        found = "not told: a conversation that is too long is refused, and not shortened"
        found += f" (it takes {served:,} tokens)" if served else ""
        tokens = served or "TOKENS"
        return warning(check, found, f"Beside its litellm_params: model_info: {{max_input_tokens: {tokens}}}")
    if served and served < told:
        found = f"model_info says {told:,} tokens, and it takes {served:,}"
        return warning(check, found, f"model_info: {{max_input_tokens: {served}}}")
    return ok(check, f"{told:,} tokens")
