"""The items of an answer as they grow, each change told as the event that OpenAI has for it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


class Tell(Protocol):
    """Says that something has happened: an event's type and its fields, as they are now."""

    def __call__(self, kind: str, **fields: Any) -> None:
        """One event."""


def tell_nobody(kind: str, **fields: Any) -> None:
    """For a whole answer, which nobody watches."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of text: in which item and which of its lists it stands, and how its events are called."""

    item: str
    part: str
    key: str
    events: str
    place: str = "content"
    part_events: str = "response.content_part"

    def empty(self) -> dict[str, Any]:
        """A part of this kind that says nothing yet."""
        part: dict[str, Any] = {"type": self.part, self.key: ""}
        return part | ({"annotations": [], "logprobs": []} if self.part == "output_text" else {})


TEXT = Kind("message", "output_text", "text", "response.output_text")
REFUSAL = Kind("message", "refusal", "refusal", "response.refusal")
REASONING = Kind("reasoning", "reasoning_text", "text", "response.reasoning_text")
SUMMARY = Kind(
    "reasoning",
    "summary_text",
    "text",
    "response.reasoning_summary_text",
    place="summary",
    part_events="response.reasoning_summary_part",
)


def new_id(prefix: str) -> str:
    """An id as OpenAI's look: `msg_…`, `resp_…`."""
    return f"{prefix}_{uuid.uuid4().hex}"


@dataclass(slots=True)
class Output:
    """What has been said so far, in items.

    One message or reasoning item is open at a time, with one part in it. Function calls stay open until the
    end: their pieces may come in any order.
    """

    tell: Tell
    items: list[dict[str, Any]] = field(default_factory=list)
    _speaking: int | None = None
    _kind: Kind | None = None
    _calls: dict[int, int] = field(default_factory=dict)

    def say(self, kind: Kind, text: str, logprobs: Sequence[Mapping[str, Any]] = ()) -> None:
        """Some more text of this kind."""
        at, part, where = self._open(kind)
        part[kind.key] += text
        told: dict[str, Any] = {"delta": text}
        if kind is TEXT:
            part["logprobs"] += logprobs
            told["logprobs"] = list(logprobs)
        self.tell(f"{kind.events}.delta", output_index=at, **where, **told)

    def call(self, piece: Mapping[str, Any]) -> None:
        """A piece of a function call, as chat's deltas have them."""
        index = piece.get("index") or 0
        function = piece.get("function") or {}
        name, arguments = function.get("name") or "", function.get("arguments") or ""
        if index in self._calls:
            self.items[self._calls[index]]["name"] += name
        else:
            self._be_silent("completed")
            asked = {"call_id": piece.get("id") or new_id("call"), "name": name, "arguments": ""}
            self._calls[index] = self._add("fc", {"type": "function_call", **asked})
        at = self._calls[index]
        item = self.items[at]
        item["arguments"] += arguments
        if arguments:
            kind = "response.function_call_arguments.delta"
            self.tell(kind, output_index=at, item_id=item["id"], delta=arguments)

    def close(self, status: str) -> None:
        """Nothing more will come; `status` is that of what was being said last."""
        if all(item["type"] == "reasoning" for item in self.items):
            self._open(TEXT)  # an answer of no words is a message still
        self._be_silent(status)
        for at in self._calls.values():
            item = self.items[at]
            told = {"name": item["name"], "arguments": item["arguments"]}
            kind = "response.function_call_arguments.done"
            self.tell(kind, output_index=at, item_id=item["id"], **told)
            self._end(at, status)

    def break_off(self) -> None:
        """It failed: what is open stays as it is."""
        for item in self.items:
            if item["status"] == "in_progress":
                item["status"] = "incomplete"

    def _open(self, kind: Kind) -> tuple[int, dict[str, Any], dict[str, Any]]:
        """The part that is being said, begun if need be, and where it is: item and index in there."""
        at = self._speaking
        if at is None or self.items[at]["type"] != kind.item:
            self._be_silent("completed")
            at = self._speaking = self._begin(kind)
        parts = self.items[at][kind.place]
        if begun := self._kind is not kind:
            self._end_part()
            parts.append(kind.empty())
            self._kind = kind
        where = {"item_id": self.items[at]["id"], f"{kind.place}_index": len(parts) - 1}
        if begun:
            self.tell(f"{kind.part_events}.added", output_index=at, **where, part=parts[-1])
        return at, parts[-1], where

    def _begin(self, kind: Kind) -> int:
        if kind.item == "message":
            return self._add("msg", {"type": "message", "role": "assistant", "content": []})
        return self._add("rs", {"type": "reasoning", "summary": [], "content": []})

    def _add(self, prefix: str, item: dict[str, Any]) -> int:
        at = len(self.items)
        self.items.append({"id": new_id(prefix), **item, "status": "in_progress"})
        self.tell("response.output_item.added", output_index=at, item=self.items[at])
        return at

    def _be_silent(self, status: str) -> None:
        """End what is being said, if anything is."""
        self._end_part()
        if self._speaking is not None:
            self._end(self._speaking, status)
        self._speaking = None

    def _end_part(self) -> None:
        if self._speaking is None or self._kind is None:
            return
        kind, self._kind = self._kind, None
        at, item = self._speaking, self.items[self._speaking]
        part = item[kind.place][-1]
        where = {"item_id": item["id"], f"{kind.place}_index": len(item[kind.place]) - 1}
        said = {kind.key: part[kind.key]}
        if kind is TEXT:
            said["logprobs"] = part["logprobs"]
        self.tell(f"{kind.events}.done", output_index=at, **where, **said)
        self.tell(f"{kind.part_events}.done", output_index=at, **where, part=part)

    def _end(self, at: int, status: str) -> None:
        self.items[at]["status"] = status
        self.tell("response.output_item.done", output_index=at, item=self.items[at])
