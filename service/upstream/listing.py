"""What a backbone's `GET /v1/models` tells of a model."""

import json
from collections.abc import Mapping
from typing import Any

CONTEXTS = ("max_model_len", "context_length", "context_window", "n_ctx")
"""What vLLM, aggregators of providers, Groq and llama.cpp call the tokens that a model takes."""


def models_in(body: bytes) -> dict[str, dict[str, Any]] | None:
    """The models of a list by their ids; None where it is none of OpenAI's."""
    try:
        return {one["id"]: one for one in json.loads(body)["data"] if isinstance(one["id"], str)}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def context_of(model: Mapping[str, Any]) -> int | None:
    """How many tokens it takes, where it says so."""
    meta = model.get("meta")
    known = {**model, **(meta if isinstance(meta, Mapping) else {})}
    told = (known.get(one) for one in CONTEXTS)
    return next((one for one in told if isinstance(one, int) and not isinstance(one, bool) and one > 0), None)
