"""What a backbone says of itself: `GET /v1/models`, asked as the service would ask."""

import os
import socket
import ssl
from dataclasses import dataclass
from typing import Any

import httpx
from rapidfuzz import process

from service.doctor.finding import Finding, address, ok, problem, warning
from service.settings import Deployment, LiteLLMParams
from service.upstream.listing import context_of, models_in
from service.upstream.openai_road import PROVIDERS

SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Listing:
    """`finding`: what to say of it; `worth_asking`: whether a model call could tell more.

    `listed`: whether the model is in the list, None where there is no list; `context`: tokens, where told.
    """

    finding: Finding
    worth_asking: bool = False
    listed: bool | None = None
    context: int | None = None


async def list_models(deployment: Deployment) -> Listing:
    """Ask for the list, and look for the model in it."""
    params = deployment.litellm_params
    check = f"backbone {deployment.model_name}"
    base = base_of(params)
    try:
        async with httpx.AsyncClient(timeout=SECONDS, trust_env=False, headers=_headers(params)) as client:
            answer = await client.get(f"{base}/models")
            nearby = answer.status_code in {404, 405} and not base.endswith("/v1")
            better = nearby and (await client.get(f"{base}/v1/models")).status_code == 200
    except httpx.TimeoutException:
        cure = "Look at its load and its log, or mend api_base."
        return Listing(problem(check, f"{address(base)} did not answer within {SECONDS:g} s", cure))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        why = _why(error)
        cure = f"Start it, or mend api_base of {deployment.model_name} in model_list."
        return Listing(problem(check, f"nobody answers at {address(base)} ({why})", cure))
    if better:
        found = f"{address(base)} has no /models, but /v1/models"
        return Listing(problem(check, found, f"api_base: {address(base)}/v1"))
    return _read(answer, deployment, check)


def base_of(params: LiteLLMParams) -> str:
    """Where the fast road goes."""
    return params.api_base or PROVIDERS[params.model.partition("/")[0]] or ""


def key_refused(check: str, name: str, status: int) -> Finding:
    """A backbone that does not know our key."""
    cure = f"Mend litellm_params.api_key of {name}: os.environ/NAME, and export NAME before the start."
    return problem(check, f"its key is refused ({status})", cure)


def _read(answer: httpx.Response, deployment: Deployment, check: str) -> Listing:
    name, status = deployment.model_name, answer.status_code
    where = address(base_of(deployment.litellm_params))
    if status in {401, 403}:
        return Listing(key_refused(check, name, status))
    if 300 <= status < 400:
        cure = f"Write in api_base of {name} the address that it names; redirects are not followed."
        return Listing(problem(check, f"{where} redirects ({status})", cure))
    if status >= 500:
        return Listing(
            problem(check, f"{where} answers {status}", "Look at its log; it may still be starting.")
        )
    models = models_in(answer.content)
    if models is None:
        found = f"{where} answers, and lists no models ({status})"
        return Listing(ok(check, found), worth_asking=True)
    return _look_up(models, deployment, check, where)


def _look_up(models: dict[str, Any], deployment: Deployment, check: str, where: str) -> Listing:
    provider, _, wanted = deployment.litellm_params.model.partition("/")
    if wanted in models:
        return Listing(ok(check, f"{where} lists {wanted}"), True, True, context_of(models[wanted]))
    near = process.extractOne(wanted, list(models), score_cutoff=50)
    found = f"{where} does not list {wanted}, but {_listed(list(models))}"
    named = near[0] if near else next(iter(models), None)
    cure = f"model: {provider}/{named}" if named else "Load a model there."
    return Listing(problem(check, found, cure), True, False)


def unlisted_but_answers(listing: Listing) -> Finding:
    """A model that is not in the list and was served all the same: aliases are."""
    return warning(listing.finding.check, f"{listing.finding.found}; it answers all the same",
                   listing.finding.cure or "")  # fmt: skip


def _listed(models: list[str]) -> str:
    shown = ", ".join(models[:5]) or "nothing"
    return f"{shown} and {len(models) - 5} more" if len(models) > 5 else shown


def _headers(params: LiteLLMParams) -> dict[str, str]:
    extra = (params.model_extra or {}).get("extra_headers") or {}
    return {**extra, **({"Authorization": f"Bearer {params.api_key}"} if params.api_key else {})}


def _why(error: Exception) -> str:
    """The reason of the system, where it gave one."""
    behind: BaseException | None = error
    while behind is not None:
        if isinstance(behind, ssl.SSLError | socket.gaierror):
            return behind.strerror or type(behind).__name__
        if isinstance(behind, OSError) and behind.errno:
            return os.strerror(behind.errno)
        behind = behind.__cause__ or behind.__context__
    return type(error).__name__
