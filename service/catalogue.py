"""GET /v1/models, and what a model id means: a mode, a mode on a certain backbone, or a backbone itself."""

from dataclasses import dataclass
from typing import Any, get_args

from fastapi import APIRouter, Request

from agents import MODES, Mode
from service.errors import ModelNotFound

PREFIX = "polylect/"
CREATED = 1_795_132_800
"""Stable: the day of the first release, 2026-11-20, in Unix seconds."""

router = APIRouter(prefix="/v1", tags=["models"])


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: `mode` None means straight to the backbone, bytes untouched."""

    mode: Mode | None
    backbone: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The ids that a client may ask for. The first backbone is the default."""

    backbones: tuple[str, ...]

    def ids(self) -> list[str]:
        """The modes, then the backbones."""
        return [*(f"{PREFIX}{mode}" for mode in MODES), *self.backbones]

    def target(self, model: str) -> Target:
        """What this id means.

        Raises:
            ModelNotFound: neither a mode nor a backbone is called so.
        """
        if model in self.backbones:
            return Target(None, model)
        mode, _, backbone = model.removeprefix(PREFIX).partition("@")
        backbone = backbone or self.backbones[0]
        if not model.startswith(PREFIX) or mode not in get_args(Mode) or backbone not in self.backbones:
            raise ModelNotFound(model, self.ids())
        return Target(mode, backbone)  # type: ignore[arg-type]  # just checked against the Literal

    def describe(self, model: str) -> dict[str, Any]:
        """OpenAI's model object."""
        owner = "backbone" if model in self.backbones else "polylect"
        return {"id": model, "object": "model", "created": CREATED, "owned_by": owner}


@router.get("/models", summary="List the models: modes first, then backbones")
async def list_models(request: Request) -> dict[str, Any]:
    """Every id that `model` may name."""
    catalogue: Catalogue = request.app.state.catalogue
    return {"object": "list", "data": [catalogue.describe(model) for model in catalogue.ids()]}


@router.get("/models/{model:path}", summary="One model; ids may contain slashes")
async def retrieve_model(request: Request, model: str) -> dict[str, Any]:
    """One of them; also a mode on a certain backbone, such as `polylect/multiplex@NAME`."""
    catalogue: Catalogue = request.app.state.catalogue
    catalogue.target(model)
    return catalogue.describe(model)
