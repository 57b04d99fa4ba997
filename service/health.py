"""GET /healthz: the process lives. GET /readyz: the default backbone answers."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Whether the process lives")
async def healthz() -> dict[str, str]:
    """Always 200: whoever reads this reached it."""
    return {"status": "ok"}


@router.get("/readyz", summary="Whether the default backbone answers")
async def readyz(request: Request) -> JSONResponse:
    """200 when it does; 503 when it does not, or when the service is about to end; each backbone by name."""
    if request.app.state.draining.begun:
        return JSONResponse({"status": "stopping", "backbones": {}}, 503)
    backbones = request.app.state.backbones
    answers: dict[str, Any] = await backbones.ready() if backbones else {}
    ready = answers.get(backbones.default, False) if backbones else True
    status = "ready" if ready else "not ready"
    return JSONResponse({"status": status, "backbones": answers}, 200 if ready else 503)
