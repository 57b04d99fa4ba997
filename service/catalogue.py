"""GET /v1/models, and what a model id means: a mode, a mode on a certain backbone, or a backbone itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import APIRouter, Request

from agents import MODES, Mode
from service.access.admission import admission_of
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

    def ids(self, allows: Callable[[str], bool] = lambda _: True) -> list[str]:
        """The modes, then the backbones, as far as the asker may use them."""
        known = [*(f"{PREFIX}{mode}" for mode in MODES), *self.backbones]
        return [one for one in known if allows(one)]

    def target(self, model: str, allows: Callable[[str], bool] = lambda _: True) -> Target:
        """What this id means.

        Raises:
            ModelNotFound: neither a mode nor a backbone is called so, or the asker may not use it.
        """
        if not allows(model):
            raise ModelNotFound(model, self.ids(allows))
        if model in self.backbones:
            return Target(None, model)
        mode, at, backbone = model.removeprefix(PREFIX).partition("@")
        backbone = backbone if at else self.backbones[0]
        if not model.startswith(PREFIX) or mode not in get_args(Mode) or backbone not in self.backbones:
            raise ModelNotFound(model, self.ids(allows))
        return Target(mode, backbone)  # type: ignore[arg-type]  # just checked against the Literal

    def describe(self, model: str) -> dict[str, Any]:
        """OpenAI's model object."""
        owner = "backbone" if model in self.backbones else "polylect"
        return {"id": model, "object": "model", "created": CREATED, "owned_by": owner}


@router.get("/models", summary="List the models: modes first, then backbones")
async def list_models(request: Request) -> dict[str, Any]:
    """Every id that `model` may name, and that the asker's key allows."""
    catalogue: Catalogue = request.app.state.catalogue
    ids = catalogue.ids(admission_of(request.scope.get("state", {})).allows)
    return {"object": "list", "data": [catalogue.describe(model) for model in ids]}


@router.get("/models/{model:path}", summary="One model; ids may contain slashes")
async def retrieve_model(request: Request, model: str) -> dict[str, Any]:
    """One of them; also a mode on a certain backbone, such as `polylect/multiplex@NAME`."""
    catalogue: Catalogue = request.app.state.catalogue
    catalogue.target(model, admission_of(request.scope.get("state", {})).allows)
    return catalogue.describe(model)
