"""JSON Schema in words: a type, its bounds, its default."""

import json
from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]

_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}
_NAMES = {"boolean": "true or false", "integer": "whole number", "string": "text"}


def described(schema: Json) -> tuple[str, str, str]:
    """A field's type, default and meaning."""
    default = f"`{json.dumps(schema['default'], ensure_ascii=False)}`" if "default" in schema else ""
    return linked(schema), default, schema.get("description", "")


def linked(schema: Json) -> str:
    """A type in words; objects are links to their headings on the page."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(linked(one) for one in schema["anyOf"]))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(one)}`" for one in schema["enum"])
    return ", ".join([_kind(schema), *_bounds(schema)])


def _kind(schema: Json) -> str:
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {linked(schema['items'])}" if schema.get("items") else "list"
    extra = schema.get("additionalProperties")
    if kind == "object" and isinstance(extra, dict) and extra:
        return f"object of {linked(extra)}"
    return _NAMES.get(kind, kind)


def _bounds(schema: Json) -> list[str]:
    """Those that say something: 2^53, the largest whole number of every JSON reader, says nothing."""
    told = []
    for name, words in _BOUNDS.items():
        value = schema.get(name)
        if value is not None and abs(value) < 2**53:
            told.append(words.format(f"{value:,}"))
    return told
