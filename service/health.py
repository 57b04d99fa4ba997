"""GET /healthz: the process lives. GET /readyz: the default backbone answers."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from service.access.auth import identify
from service.errors import InvalidKey

log = logging.getLogger("polylect")
router = APIRouter(tags=["health"])

_FRESH_SECONDS = 1.0


class Answering:
    """Which backbones answer. They are asked once a second at most, however many want to know."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[Mapping[str, bool]]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._asking = asyncio.Lock()
        self._answers: Mapping[str, bool] = {}
        self._stale_at = float("-inf")

    async def answers(self) -> Mapping[str, bool]:
        """Each backbone by name; who comes while they are being asked waits for the same answers."""
        async with self._asking:
            if self._clock() >= self._stale_at:
                before, self._answers = _silent(self._answers), await self._ask()
                self._stale_at = self._clock() + _FRESH_SECONDS
                _tell(before, _silent(self._answers))
            return self._answers


@router.get("/healthz", summary="Whether the process lives")
async def healthz() -> dict[str, str]:
    """Always 200: whoever reads this reached it."""
    return {"status": "ok"}


@router.get("/readyz", summary="Whether the default backbone answers")
async def readyz(request: Request) -> JSONResponse:
    """200 when it does; 503 when it does not, or when the service is about to end.

    Each backbone by name, to who may use it: where there are keys, whoever sends one that allows it.
    """
    state = request.app.state
    answers = {} if state.draining.begun else await state.answering.answers()
    if state.draining.begun:  # perhaps while they were being asked
        return JSONResponse({"status": "stopping", "backbones": {}}, 503)
    ready = answers.get(state.backbones.default, False) if state.backbones else True
    status = "ready" if ready else "not ready"
    return JSONResponse({"status": status, "backbones": _shown(request, answers)}, 200 if ready else 503)


def _shown(request: Request, answers: Mapping[str, bool]) -> dict[str, bool]:
    """No key and a wrong one are told alike: whether the service is ready, and nothing else."""
    keys = request.app.state.keys
    if keys is None:
        return dict(answers)
    with suppress(InvalidKey):
        key = identify(request.scope, keys)
        return {name: answer for name, answer in answers.items() if key.allows(name)}
    return {}


def _silent(answers: Mapping[str, bool]) -> list[str]:
    return [name for name, answer in answers.items() if not answer]


def _tell(before: list[str], now: list[str]) -> None:
    """The log, and only when something has changed: probes come every few seconds."""
    if now and now != before:
        log.warning("no answer from %s", ", ".join(now))
    elif before and not now:
        log.info("all backbones answer again")
