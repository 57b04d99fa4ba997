"""The chunks of a stream, folded into the completion that they are pieces of.

OpenAI's own `ChatCompletionStreamState` fails where the second of several choices begins before the first.
"""

from collections import defaultdict
from typing import Any

from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import Choice as ChunkChoice

_HEAD = ("id", "created", "model", "system_fingerprint", "service_tier", "usage")


class Fold:
    """A completion, as its chunks add up."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._choices: defaultdict[int, _Choice] = defaultdict(_Choice)

    @property
    def ended(self) -> bool:
        """Whether a choice has come to its end."""
        return any(choice.finish_reason for choice in self._choices.values())

    def add(self, chunk: ChatCompletionChunk) -> None:
        """One more chunk."""
        told = {name: getattr(chunk, name, None) for name in _HEAD}
        self._head |= {name: value for name, value in told.items() if value is not None}
        for choice in chunk.choices or ():
            self._choices[choice.index].add(choice)

    def completion(self, polylect: object) -> ChatCompletion:
        """The whole, as the service would have sent it without a stream."""
        choices = [self._choices[index].as_dict(index) for index in sorted(self._choices)]
        ours = {"polylect": polylect} if polylect else {}
        return ChatCompletion.construct(
            None, **{**self._head, "object": "chat.completion", "choices": choices, **ours}
        )


class _Choice:
    """One choice: texts are appended, tool calls merged by their index, whatever else is said once."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self._texts: defaultdict[str, list[str]] = defaultdict(list)
        self._said: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
        self._calls: dict[int, dict[str, Any]] = {}
        self._logprobs: dict[str, list[Any]] = {}

    def add(self, choice: ChunkChoice) -> None:
        self.finish_reason = choice.finish_reason or self.finish_reason
        for name, value in choice.delta.to_dict().items() if choice.delta else ():
            if name == "tool_calls" and isinstance(value, list):
                for call in value:
                    _merge(self._calls.setdefault(call.get("index", 0), {}), call)
            elif name == "function_call" and isinstance(value, dict):
                _merge(self._said.setdefault(name, {}), value)
            elif isinstance(value, str) and name != "role":
                self._texts[name].append(value)
            elif value is not None:
                self._said[name] = value
        for name, values in choice.logprobs.to_dict().items() if choice.logprobs else ():
            if isinstance(values, list):
                self._logprobs.setdefault(name, []).extend(values)

    def as_dict(self, index: int) -> dict[str, Any]:
        message = self._said | {name: "".join(pieces) for name, pieces in self._texts.items()}
        if self._calls:
            message["tool_calls"] = [self._calls[position] for position in sorted(self._calls)]
            message["content"] = message["content"] or None
        return {
            "index": index,
            "message": message,
            "logprobs": self._logprobs or None,
            "finish_reason": self.finish_reason,
        }


def _merge(call: dict[str, Any], piece: dict[str, Any]) -> None:
    """A call comes in pieces: its name and arguments are appended."""
    for name, value in piece.items():
        if isinstance(value, dict):
            _merge(call.setdefault(name, {}), value)
        elif isinstance(value, str) and name in {"name", "arguments"}:
            call[name] = call.get(name, "") + value
        elif value is not None and name != "index":
            call[name] = value
