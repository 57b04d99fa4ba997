"""A request in the Responses form, said as a chat request: the pipeline speaks chat alone."""

from collections.abc import Iterable, Iterator
from typing import Any

from service.errors import InvalidRequest
from service.responses.wire import (
    AddressedRequest,
    FilePart,
    FunctionCall,
    FunctionCallOutput,
    ImagePart,
    InputMessage,
    Item,
    Part,
    RefusalPart,
    ResponsesRequest,
    TextConfig,
)
from service.wire import OURS, ChatRequest

_STATELESS = "Nothing is stored here"
_UNSUPPORTED = {
    "store": f"{_STATELESS}: leave 'store' out or send false.",
    "background": f"{_STATELESS}, so nothing can be fetched later: leave 'background' out and stream.",
    "previous_response_id": f"{_STATELESS}: send the earlier turns as items of 'input'.",
    "conversation": f"{_STATELESS}: send the earlier turns as items of 'input'.",
    "prompt": f"{_STATELESS}, prompt templates included: send 'instructions' and 'input'.",
    "moderation": "Nothing is moderated here: moderate before and after the call.",
}
_WITHOUT_EFFECT = {
    "context_management",
    "max_tool_calls",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
}
"""Accepted and not handed on: they speak of OpenAI's own platform, and backbones of chat may refuse them."""

_WORDS = {"text", "content", "output", "arguments", "instructions", "refusal"}


def to_chat(wire: ResponsesRequest) -> ChatRequest:
    """The same request as chat says it.

    Raises:
        InvalidRequest: it asks for what a stateless service before a chat backbone cannot do.
    """
    _refuse_unsupported(wire)
    messages = _messages(wire)
    if not messages:
        message = "input: reasoning alone says nothing to answer. Send a message."
        raise InvalidRequest(message, param="input", code="invalid_value")
    told = {"model": wire.model, "messages": messages, "stream": wire.stream, "polylect": wire.polylect}
    return ChatRequest(**{**_parameters(wire), **told})


def stand_in(wire: AddressedRequest) -> ChatRequest:
    """A chat request of about its size and bound, for the accounts of what goes through untouched."""
    told = wire.model_extra or {}
    words = "\n".join(_words([told.get("instructions"), told.get("input")]))
    asked = told.get("max_output_tokens")
    bound = {"max_completion_tokens": asked} if asked is not None else {}
    messages = [{"role": "user", "content": words}]
    return ChatRequest(**{"model": wire.model, "messages": messages, "stream": wire.stream, **bound})


def in_our_words(error: InvalidRequest) -> InvalidRequest:
    """An error about the chat request, naming the fields as the asker wrote them."""
    if error.param == "max_completion_tokens":
        error.message = error.message.replace(error.param, "max_output_tokens")
    names = {"messages": "input", "max_completion_tokens": "max_output_tokens"}
    error.param = names.get(error.param or "", error.param)
    return error


def _refuse_unsupported(wire: ResponsesRequest) -> None:
    for name, cure in _UNSUPPORTED.items():
        if getattr(wire, name) not in (None, False):
            raise InvalidRequest(f"{name} is not supported. {cure}", param=name, code="unsupported_option")


def _messages(wire: ResponsesRequest) -> list[dict[str, Any]]:
    """The instructions, then the items. A function call joins the assistant's turn that it belongs to."""
    messages: list[dict[str, Any]] = []
    if wire.instructions:
        messages.append({"role": "system", "content": wire.instructions})
    for item in wire.input:
        if not isinstance(item, FunctionCall):
            messages += _message(item)
            continue
        if not messages or messages[-1]["role"] != "assistant":
            messages.append({"role": "assistant", "content": None})
        called = {"name": item.name, "arguments": item.arguments}
        call = {"id": item.call_id, "type": "function", "function": called}
        messages[-1].setdefault("tool_calls", []).append(call)
    return messages


def _message(item: Item) -> list[dict[str, Any]]:
    if isinstance(item, InputMessage):
        return [{"role": item.role, "content": _content(item.content)}]
    if isinstance(item, FunctionCallOutput):
        return [{"role": "tool", "tool_call_id": item.call_id, "content": _content(item.output)}]
    return []


def _content(parts: list[Part]) -> str | list[dict[str, Any]]:
    """One text as a string, which every chat template takes; anything else as a list."""
    said = [_part(part) for part in parts]
    if not said:
        return ""
    return str(said[0]["text"]) if len(said) == 1 and "text" in said[0] else said


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, ImagePart):
        image = {"url": part.image_url, "detail": part.detail}
        return {"type": "image_url", "image_url": _given(image)}
    if isinstance(part, FilePart):
        told = {"file_data": part.file_data, "file_id": part.file_id, "filename": part.filename}
        return {"type": "file", "file": _given(told)}
    return {"type": "text", "text": part.refusal if isinstance(part, RefusalPart) else part.text}


def _parameters(wire: ResponsesRequest) -> dict[str, Any]:
    """What the final stage is told. Fields that nobody here knows go to the backbone, as in chat."""
    unknown = wire.model_extra or {}
    told = {name: value for name, value in unknown.items() if name not in OURS | _WITHOUT_EFFECT}
    logprobs = wire.top_logprobs or "message.output_text.logprobs" in (wire.include or ())
    text = wire.text or TextConfig()
    return told | _given(
        {
            "max_completion_tokens": wire.max_output_tokens,
            "temperature": wire.temperature,
            "top_p": wire.top_p,
            "user": wire.user,
            "reasoning_effort": (wire.reasoning or {}).get("effort"),
            "verbosity": text.verbosity,
            "response_format": _response_format(text.format),
            "logprobs": True if logprobs else None,
            "top_logprobs": wire.top_logprobs or None,
            **_tools(wire),
        }
    )


def _response_format(asked: dict[str, Any] | None) -> dict[str, Any] | None:
    kind = (asked or {}).get("type", "text")
    if asked is None or kind == "text":
        return None
    if kind == "json_object":
        return {"type": kind}
    if kind == "json_schema":
        named = {name: value for name, value in asked.items() if name != "type"}
        return {"type": kind, "json_schema": named}
    message = f"text.format.type: {kind!r} is unknown. Send one of 'text', 'json_schema', 'json_object'."
    raise InvalidRequest(message, param="text.format.type", code="invalid_value")


def _tools(wire: ResponsesRequest) -> dict[str, Any]:
    """Functions, and how to choose among them; nothing where there are none."""
    if not wire.tools:
        return {}
    tools = [_function(tool, f"tools[{index}]") for index, tool in enumerate(wire.tools)]
    choice = wire.tool_choice
    if isinstance(choice, dict):
        tools, choice = _chosen(tools, choice)
    return {"tools": tools, "tool_choice": choice, "parallel_tool_calls": wire.parallel_tool_calls}


def _function(tool: dict[str, Any], param: str) -> dict[str, Any]:
    kind = tool.get("type")
    if kind != "function":
        message = f"{param}.type: {kind!r} is not supported: no tools are hosted here. Send function tools."
        raise InvalidRequest(message, param=f"{param}.type", code="unsupported_option")
    if not isinstance(tool.get("name"), str):
        message = f"{param}.name: a function needs a name (got {tool.get('name')!r})."
        raise InvalidRequest(message, param=f"{param}.name", code="invalid_value")
    names = ("name", "description", "parameters", "strict")
    return {"type": "function", "function": _given({name: tool.get(name) for name in names})}


def _chosen(
    tools: list[dict[str, Any]], choice: dict[str, Any]
) -> tuple[list[dict[str, Any]], str | dict[str, Any]]:
    """The tools that may be called, and the choice among them. Chat backbones know no `allowed_tools`."""
    kind = choice.get("type")
    if kind == "function":
        name = choice.get("name")
        if any(tool["function"]["name"] == name for tool in tools):
            return tools, {"type": "function", "function": {"name": name}}
        message = f"tool_choice.name: {name!r} is not among 'tools'."
        raise InvalidRequest(message, param="tool_choice.name", code="invalid_value")
    if kind == "allowed_tools":
        named = choice.get("tools")
        allowed = (
            [one.get("name") for one in named if isinstance(one, dict)] if isinstance(named, list) else []
        )
        kept = [tool for tool in tools if tool["function"]["name"] in allowed]
        if kept:
            return kept, str(choice.get("mode", "auto"))
        message = f"tool_choice.tools: none of {allowed!r} is among 'tools'."
        raise InvalidRequest(message, param="tool_choice.tools", code="invalid_value")
    cure = "Send 'none', 'auto', 'required', or an object of type 'function' or 'allowed_tools'."
    message = f"tool_choice.type: {kind!r} is not supported. {cure}"
    raise InvalidRequest(message, param="tool_choice.type", code="unsupported_option")


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _words(value: Any, key: str = "content") -> Iterator[str]:
    """Every text in there, images and files left out."""
    if isinstance(value, str):
        if key in _WORDS:
            yield value
    elif isinstance(value, dict | list):
        pairs: Iterable[tuple[str, Any]] = (
            value.items() if isinstance(value, dict) else ((key, one) for one in value)
        )
        for name, inner in pairs:
            yield from _words(inner, name)
