"""LangChain's ChatOpenAI against a service: what it saw, as JSON. `python langchain_client.py URL`."""

import json
import sys
from functools import reduce
from operator import add
from typing import Any

import openai
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

MODES = ("direct", "contextual", "multiplex")
COUNTED = ("input_tokens", "output_tokens", "total_tokens")


@tool
def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


def chat(url: str, model: str) -> ChatOpenAI:
    return ChatOpenAI(model=model, base_url=url, api_key="none", max_retries=0, timeout=30, stream_usage=True)


def told(message: AIMessage) -> dict[str, Any]:
    return {
        "text": message.content,
        "usage": [message.usage_metadata[name] for name in COUNTED],
        "model": message.response_metadata["model_name"],
        "reason": message.response_metadata["finish_reason"],
    }


def see(url: str, model: str) -> dict[str, Any]:
    asked = chat(url, model)
    question = HumanMessage("What is the weather in Lima?")
    streamed = reduce(add, asked.stream("How are you?"))
    equipped = asked.bind_tools([weather])
    called = equipped.invoke([question])
    call = called.tool_calls[0]
    result = ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"])
    return {
        "whole": told(asked.invoke("How are you?")),
        "stream": told(streamed),
        "call": [call["name"], call["args"]],
        "streamed_call": [
            [one["name"], one["args"]] for one in reduce(add, equipped.stream([question])).tool_calls
        ],
        "after_the_call": equipped.invoke([question, called, result]).content,
    }


def error(url: str, model: str, text: str) -> list[Any]:
    try:
        chat(url, model).invoke(text)
    except openai.APIStatusError as caught:
        return [type(caught).__name__, caught.status_code, caught.code]
    return []


def main(url: str) -> None:
    seen: dict[str, Any] = {mode: see(url, f"polylect/{mode}") for mode in MODES}
    seen["unknown"] = error(url, "polylect/nothing", "Hello")
    seen["limited"] = error(url, "polylect/multiplex", "REFUSE")
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
