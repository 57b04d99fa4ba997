"""GET /openapi.json, complete and true: FastAPI's routes, with the shapes that it cannot know.

Our handlers read bytes and write bytes, so FastAPI sees neither. To describe an endpoint add one line to
`ENDPOINTS`: method and path, the model of its 200, and where there are any those of its request and of its
frames. The models stand in `wire.py` (what is asked) and `schemas.py` (what is answered). The errors, the
headers and the components follow by themselves, and a test says which route has no line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service import polylect, schemas, wire
from service.responses import wire as responses_wire

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an endpoint takes and gives.

    `answer` is the body of its 200, None for plain text; `frames` the data of each frame when it streams;
    `also` the bodies of other statuses that are not errors in the envelope; `asked` and `told` are headers of
    the request and of its 200 beyond `x-request-id`.
    """

    answer: type[BaseModel] | None
    request: type[BaseModel] | None = None
    frames: type[BaseModel] | None = None
    also: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    def models(self) -> list[type[BaseModel]]:
        """All that it mentions."""
        return [one for one in (self.answer, self.request, self.frames, *self.also.values()) if one]


STEERED = ("x-polylect-mode", "x-polylect-cultures", "x-polylect-language", "x-polylect-overhead-ms")

ENDPOINTS: Mapping[str, Endpoint] = {
    "POST /v1/chat/completions": Endpoint(
        schemas.ChatCompletion,
        wire.SteeredChatRequest,
        schemas.ChatCompletionChunk,
        asked=("x-openwebui-task", "accept-language"),
        told=STEERED,
    ),
    "POST /v1/responses": Endpoint(
        schemas.ResponseObject,
        responses_wire.ResponsesRequest,
        schemas.ResponseEvent,
        asked=("accept-language",),
        told=STEERED,
    ),
    "POST /v1/completions": Endpoint(
        schemas.TextCompletion, wire.CompletionRequest, schemas.TextCompletion, told=("x-polylect-mode",)
    ),
    "POST /v1/embeddings": Endpoint(schemas.Embeddings, wire.EmbeddingRequest, told=("x-polylect-mode",)),
    "POST /v1/polylect/detect": Endpoint(schemas.CulturalContext, polylect.Asked, asked=("accept-language",)),
    "POST /v1/polylect/score": Endpoint(schemas.ScoredText, polylect.Text),
    "GET /v1/polylect/cultures": Endpoint(schemas.CultureList),
    "GET /v1/models": Endpoint(schemas.ModelList),
    "GET /v1/models/{model}": Endpoint(schemas.ModelObject),
    "GET /metrics": Endpoint(None),
    "GET /healthz": Endpoint(schemas.Health),
    "GET /readyz": Endpoint(schemas.Readiness, also={503: schemas.Readiness}),
}

HEADERS: Mapping[str, str] = {
    "x-request-id": "names the request in our log; a client's own is kept (128 letters, digits, . _ -)",
    "accept-language": "evidence of the asker's own culture",
    "x-openwebui-task": "marks a background chore of Open WebUI, for which no council is convened",
    "x-polylect-mode": "the mode in fact",
    "x-polylect-cultures": "ids, comma-separated",
    "x-polylect-language": "the asker's, or unknown",
    "x-polylect-overhead-ms": "what it took to detect and plan",
}

_SECURITY = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of `polylect keys create`; a service without keys, on loopback, asks for none.",
    }
}
_ASKED_WRONGLY: Mapping[str, str] = {
    "400": "The request cannot be read, or asks for what cannot be done",
    "408": "The body came too slowly",
    "413": "The body is too large",
    "415": "The body is not JSON in UTF-8, uncompressed",
    "429": "A limit is reached, here or at the backbone; see Retry-After",
}
_ANYWHERE: Mapping[str, str] = {
    "401": "No key, or a wrong one",
    "404": "There is no such thing",
    "4XX": "The request is at fault",
    "5XX": "We or a backbone failed",
}


def described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What to put in place of `app.openapi`: made at the first call, then kept."""

    def openapi() -> dict[str, Any]:
        app.openapi_schema = app.openapi_schema or _document(app)
        return app.openapi_schema

    return openapi


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, summary=app.summary, version=app.version, routes=app.routes, tags=app.openapi_tags
    )
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if endpoint := ENDPOINTS.get(f"{method.upper()} {path}"):
                _describe(operation, endpoint)
    document["components"] = {"schemas": _schemas(), "securitySchemes": _SECURITY}
    document["security"] = [{"apiKey": []}, {}]
    return document


def _describe(operation: dict[str, Any], endpoint: Endpoint) -> None:
    """Fill in one operation, in place."""
    asked = ("x-request-id", *endpoint.asked)
    operation["parameters"] = operation.get("parameters", []) + [_parameter(name) for name in asked]
    if endpoint.request:
        operation["requestBody"] = {"required": True, "content": {JSON: _schema(endpoint.request)}}
    responses = {"200": _response("What was asked for", _contents(endpoint), endpoint.told)}
    for status, model in endpoint.also.items():
        responses[str(status)] = _response(model.__doc__ or "", {JSON: _schema(model)})
    for range_, why in {**(_ASKED_WRONGLY if endpoint.request else {}), **_ANYWHERE}.items():
        responses.setdefault(range_, _response(why, {JSON: _schema(schemas.ErrorEnvelope)}))
    operation["responses"] = responses


def _contents(endpoint: Endpoint) -> dict[str, Any]:
    """The body of a 200 by content type."""
    contents: dict[str, Any] = (
        {JSON: _schema(endpoint.answer)}
        if endpoint.answer
        else {"text/plain": {"schema": {"type": "string"}}}
    )
    if endpoint.frames:
        contents["text/event-stream"] = {"itemSchema": _event(endpoint.frames)}
    return contents


def _event(frame: type[BaseModel]) -> dict[str, Any]:
    """One event of a stream, in OpenAPI 3.2's words, which readers of 3.1 pass over."""
    one_of = [_schema(frame)["schema"], _schema(schemas.ErrorEnvelope)["schema"]]
    carried = {"contentMediaType": JSON, "contentSchema": {"anyOf": one_of}}
    data = {"type": "string", "anyOf": [{"const": "[DONE]"}, carried]}
    told = "Comments (`: keep-alive`) come between events; after an error, too, the last one is `[DONE]`"
    return {"type": "object", "description": told, "required": ["data"], "properties": {"data": data}}


def _response(why: str, contents: Mapping[str, Any], headers: tuple[str, ...] = ()) -> dict[str, Any]:
    named = {"x-request-id": _header("x-request-id", required=True)}
    named |= {name: _header(name) for name in headers}
    return {"description": why, "headers": named, "content": contents}


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", **_header(name)}


def _header(name: str, *, required: bool = False) -> dict[str, Any]:
    return {"required": required, "schema": {"type": "string"}, "description": HEADERS[name]}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}


def _schemas() -> dict[str, Any]:
    """Every model that is mentioned, and those inside them."""
    mentioned: set[type[BaseModel]] = {schemas.ErrorEnvelope}
    mentioned.update(model for endpoint in ENDPOINTS.values() for model in endpoint.models())
    ordered = sorted(mentioned, key=lambda model: model.__name__)
    _, found = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    defined: dict[str, Any] = found["$defs"]
    return defined
