"""What happens while a question is answered, in the order of the run: docs/api.md shows them on the wire.

PerspectiveStarted, PerspectiveDelta …, PerspectiveFinished for each voice, interleaved as they speak; then
Delta … and ChoiceFinished for each choice of the answer; then Finished, once, last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agents.errors import BackboneError
from agents.model import Usage
from agents.pds import Distribution

Status = Literal["spoke", "cut", "silent"]


@dataclass(frozen=True, slots=True)
class Perspective:
    """What one culture's voice said, or why it was silent.

    `status`: "spoke"; "cut" when its time ran out or it talked on without end, with what was said until then;
    "silent". `text` is harmless (`untrusted.py`).
    `reason` says why it is not "spoke", `problem` is the error behind it, where there was one.
    """

    culture: str
    language: str
    status: Status
    text: str = ""
    tokens: int = 0
    reason: str | None = None
    problem: BackboneError | None = None


@dataclass(frozen=True, slots=True)
class PerspectiveStarted:
    """A voice has been asked."""

    culture: str
    language: str


@dataclass(frozen=True, slots=True)
class PerspectiveDelta:
    """A voice says some more."""

    culture: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class PerspectiveFinished:
    """A voice has ended, one way or another."""

    perspective: Perspective


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer: OpenAI's delta object, of the choice with this index."""

    index: int
    delta: Mapping[str, Any]
    logprobs: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ChoiceFinished:
    """One choice of the answer is complete; `finish_reason` is the final stage's own."""

    index: int
    finish_reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over: what it took.

    `usage` is the sum over all calls and `stages` its parts; `overhead_ms` is the time in which no call of a
    backbone was under way; `pds` is None where no council was convened.
    """

    perspectives: tuple[Perspective, ...]
    usage: Usage
    stages: Mapping[str, Usage] = field(default_factory=dict)
    calls: int = 0
    overhead_ms: float = 0.0
    pds: Distribution | None = None


Event = PerspectiveStarted | PerspectiveDelta | PerspectiveFinished | Delta | ChoiceFinished | Finished
