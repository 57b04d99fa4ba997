"""The fixtures of tests/service, and a backbone that does as it is told."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

pytest.register_assert_rewrite("tests.contract.checks")

from tests.service.conftest import (  # noqa: E402  # the fixtures of a neighbour, by their names
    Reply,
    ScriptedBackbone,
    _backbone,
    _service,
    backbone,
    serve_settings,
    service,
)

__all__ = ["_backbone", "_service", "backbone", "serve_settings", "service"]

_LONGEST = 100_000


@pytest.fixture
def client(service: str) -> Iterator[openai.OpenAI]:
    plain = httpx.Client(verify=False, timeout=20)
    with openai.OpenAI(base_url=f"{service}/v1", api_key="none", max_retries=0, http_client=plain) as client:
        yield client


@pytest.fixture
def obedient(backbone: ScriptedBackbone) -> ScriptedBackbone:
    """A backbone that keeps OpenAI's contract itself: bounds, stops, schemas, tools, log-probabilities."""
    backbone.reply = obey
    return backbone


def obey(body: dict[str, Any]) -> Reply:
    """What an obedient backbone answers to this request, whole or as a stream."""
    if len(json.dumps(body["messages"])) > _LONGEST:
        return Reply(status=400, error={"message": "this is longer than my context", "code": "context"})
    if body.get("tools") and body.get("tool_choice") != "none":
        name = body["tools"][0]["function"]["name"]
        call = {
            "id": "call_1",
            "type": "function",
            "function": {"name": name, "arguments": '{"city":"Lima"}'},
        }
        return _answer(body, {"content": None, "tool_calls": [call]}, "tool_calls", [])
    words = ["All", " is", " well", ".", " Really", "."]
    if body.get("response_format"):
        words = ['{"yes"', ":", "true", "}"]
    words, reason = _bounded(words, body)
    return _answer(body, {"content": "".join(words)}, reason, words)


def _bounded(words: list[str], body: dict[str, Any]) -> tuple[list[str], str]:
    most = body.get("max_completion_tokens") or body.get("max_tokens") or len(words)
    said, reason = words[:most], "length" if most < len(words) else "stop"
    for stop in body.get("stop") or ():
        if stop in (text := "".join(said)):
            said, reason = [text[: text.index(stop)]], "stop"
    return said, reason


def _answer(body: dict[str, Any], message: dict[str, Any], reason: str, words: list[str]) -> Reply:
    spoken = len(words)
    usage = {"prompt_tokens": 10, "completion_tokens": spoken, "total_tokens": 10 + spoken}
    if not body.get("stream"):
        choices = [
            {
                "index": index,
                "message": {"role": "assistant", **message},
                "logprobs": _logprobs(body, words),
                "finish_reason": reason,
            }
            for index in range(body.get("n") or 1)
        ]
        head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "scripted"}
        return Reply(raw=json.dumps({**head, "choices": choices, "usage": usage}).encode())
    return Reply(frames=[*_chunks(body, message, reason, words), {"choices": [], "usage": usage}])


def _chunks(
    body: dict[str, Any], message: dict[str, Any], reason: str, words: list[str]
) -> list[dict[str, Any]]:
    calls = [{"index": index, **call} for index, call in enumerate(message.get("tool_calls") or ())]
    deltas: list[tuple[dict[str, Any], list[str]]] = [({"role": "assistant", "content": ""}, [])]
    deltas += [({"content": word}, [word]) for word in words]
    deltas += [({"tool_calls": [call]}, []) for call in calls]
    told = [(delta, _logprobs(body, said), None) for delta, said in deltas]
    ended: list[tuple[dict[str, Any], Any, str | None]] = [*told, ({}, None, reason)]
    return [
        {"choices": [{"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": end}]}
        for delta, logprobs, end in ended
    ]


def _logprobs(body: dict[str, Any], words: list[str]) -> dict[str, Any] | None:
    if not body.get("logprobs") or not words:
        return None
    others = [{"token": "?", "logprob": -3.0, "bytes": None}] * (body.get("top_logprobs") or 0)
    return {
        "content": [
            {"token": word, "logprob": -0.5, "bytes": list(word.encode()), "top_logprobs": others}
            for word in words
        ],
        "refusal": None,
    }
