"""The page of endpoints and objects, out of the service's OpenAPI document."""

from collections.abc import Iterator, Mapping
from typing import Any

from docs.generate.schema_words import described, linked
from docs.generate.table import table
from service.app import create_app
from service.settings import Settings

Json = Mapping[str, Any]

_ERROR = "[ErrorEnvelope](#errorenvelope)"
_HEAD = """\
# Endpoints and objects

Generated from the document that a running service returns at `GET /openapi.json`, version {version}.
[The API](../api.md) explains the fields, the modes, the stream and every error.
"""


def api_page() -> str:
    """Every endpoint with what it takes and gives, then every object."""
    document = create_app(Settings()).openapi()
    parts = [_HEAD.format(version=document["info"]["version"]), "## Endpoints"]
    parts += [
        _endpoint(method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    parts.append("## Objects")
    parts += [_object(name, schema) for name, schema in document["components"]["schemas"].items()]
    return "\n\n".join(parts) + "\n"


def _endpoint(method: str, path: str, operation: Json) -> str:
    lines = [f"### {method.upper()} {path}", f"{operation.get('summary', '').rstrip('.')}."]
    if "description" in operation:
        lines.append(operation["description"].strip())
    lines.append(table(["", "what", "meaning"], _exchanged(operation)))
    return "\n\n".join(lines)


def _exchanged(operation: Json) -> Iterator[tuple[str, str, str]]:
    for parameter in operation.get("parameters", []):
        where = "path" if parameter["in"] == "path" else "header"
        yield where, f"`{parameter['name']}`", parameter.get("description", "")
    if "requestBody" in operation:
        yield "body", _media(operation["requestBody"]["content"]), ""
    for status, response in operation["responses"].items():
        for name, header in response.get("headers", {}).items():
            if status == "200" and name != "x-request-id":
                yield "header of the answer", f"`{name}`", header["description"]
        if not status.startswith(("4", "5")) or _media(response["content"]) != _ERROR:
            yield f"answer {status}", _media(response["content"]), response["description"]
    errors = [status for status in operation["responses"] if status.startswith(("4", "5"))]
    yield "errors", _ERROR, f"{', '.join(sorted(errors))}: [what each means](../api.md#errors)"


def _media(contents: Json) -> str:
    told = []
    for kind, content in contents.items():
        if "itemSchema" in content:
            frames = content["itemSchema"]["properties"]["data"]["anyOf"][1]["contentSchema"]["anyOf"]
            told.append(f"or a stream of {linked(frames[0])}")
        else:
            told.append(linked(content["schema"]) if kind == "application/json" else f"`{kind}`")
    return ", ".join(told)


def _object(name: str, schema: Json) -> str:
    """One object and its fields; what is no object is described in a line."""
    lines = [f"### {name}", schema.get("description", "").strip()]
    required = set(schema.get("required", []))
    rows = [
        (f"`{field}`" + (" (required)" if field in required else ""), *described(one))
        for field, one in schema.get("properties", {}).items()
    ]
    lines.append(table(["field", "type", "default", "meaning"], rows))
    return "\n\n".join(line for line in lines if line)
