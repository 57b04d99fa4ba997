"""The LiteLLM SDK against a service: what it saw, as JSON. `python litellm_client.py URL`."""

import json
import sys
from typing import Any

import litellm

QUESTION = [{"role": "user", "content": "How are you?"}]
MODES = ("direct", "contextual", "multiplex")
COUNTED = ("prompt_tokens", "completion_tokens", "total_tokens")
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def ask(url: str, model: str, **more: Any) -> Any:
    request = {"messages": QUESTION, "api_base": url, "api_key": "none", "num_retries": 0, "max_retries": 0}
    return litellm.completion(model=f"openai/{model}", **{**request, **more})


def see(url: str, model: str) -> dict[str, Any]:
    whole = ask(url, model)
    chunks = list(ask(url, model, stream=True, stream_options={"include_usage": True}))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    built = litellm.stream_chunk_builder(chunks)
    called = ask(url, model, tools=[TOOL]).choices[0].message.tool_calls[0].function
    return {
        "text": whole.choices[0].message.content,
        "usage": [whole.usage[name] for name in COUNTED],
        "reason": whole.choices[0].finish_reason,
        "streamed": "".join(delta.content or "" for delta in deltas),
        "thought": "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas),
        "streamed_usage": [built.usage[name] for name in COUNTED],
        "call": [called.name, json.loads(called.arguments)],
    }


def error(url: str, model: str, text: str = "Hello") -> list[Any]:
    try:
        ask(url, model, messages=[{"role": "user", "content": text}])
    except Exception as caught:  # its tree is what we want to see
        return [type(caught).__name__, getattr(caught, "status_code", None)]
    return []


def main(url: str) -> None:
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    seen: dict[str, Any] = {mode: see(url, f"polylect/{mode}") for mode in MODES}
    seen["unknown"] = error(url, "polylect/nothing")
    seen["limited"] = error(url, "polylect/multiplex", "REFUSE")
    seen["failed"] = error(url, "polylect/multiplex", "FAIL")
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
