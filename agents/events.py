"""What happens while a question is answered, in the order of the run: docs/api.md shows them on the wire.

PerspectiveStarted, PerspectiveDelta …, PerspectiveFinished for each voice, interleaved as they speak; then
Delta … and ChoiceFinished for each choice of the answer; then Finished, once, last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agents.errors import BackboneError
from agents.model import Usage
from agents.pds import Companions, Distribution
from agents.sections import Sections

Status = Literal["spoke", "cut", "silent"]
Role = Literal["perspective", "elicit", "reason"]
"""What a voice is asked for: a culture's perspective, or one of the two candidates of mode `expert`."""


@dataclass(frozen=True, slots=True)
class Perspective:
    """What one culture's voice said, or why it was silent.

    `status`: "spoke"; "cut" when its time or its tokens ran out or it talked on without end, with what was
    said until then; "silent". `text` is harmless (`untrusted.py`), `sections` are its parts. `round` is 2 in
    a debate's second round. `reason` says why it is not "spoke", `problem` is the error behind it, where
    there was one. `role`: what it was asked for; a candidate of mode `expert` may be about no culture, then
    `culture` is "".
    """

    culture: str
    language: str
    status: Status
    text: str = ""
    tokens: int = 0
    reason: str | None = None
    problem: BackboneError | None = None
    round: int = 1
    sections: Sections = field(default_factory=Sections)
    role: Role = "perspective"


@dataclass(frozen=True, slots=True)
class PerspectiveStarted:
    """A voice has been asked."""

    culture: str
    language: str
    round: int = 1
    role: Role = "perspective"


@dataclass(frozen=True, slots=True)
class PerspectiveDelta:
    """A voice says some more."""

    culture: str
    language: str
    text: str
    round: int = 1
    role: Role = "perspective"


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
class Shortened:
    """What was left out of a conversation: `turns` whole, and `characters` of the last one."""

    turns: int = 0
    characters: int = 0


@dataclass(frozen=True, slots=True)
class GuardReport:
    """What the guard did in a run.

    `findings`: whose voice was stopped (a culture's id, None for the answer), by whom ("rules", "model") and
    why; `unchecked`: languages that no rules cover; `unjudged`: why its model gave no rating.
    `answered_in`: the language that the answer turned out to be in, None where it is too short to tell;
    `retried`: it was asked for once more because of that.
    """

    findings: tuple[tuple[str | None, str, str], ...] = ()
    unchecked: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    revised: bool = False
    withheld: bool = False
    retried: bool = False
    answered_in: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over: what it took.

    `usage` is the sum over all calls and `stages` its parts; `overhead_ms` is the time in which no call of a
    backbone was under way; `pds` and its `companions` are None where nothing was steered. `debated` is what
    voices said in the second round of a debate; `guard` is None where nothing was guarded; `shortened` says
    what was left out of a conversation that is longer than the backbone's context.
    """

    perspectives: tuple[Perspective, ...]
    usage: Usage
    debated: tuple[Perspective, ...] = ()
    guard: GuardReport | None = None
    shortened: Shortened | None = None
    stages: Mapping[str, Usage] = field(default_factory=dict)
    calls: int = 0
    overhead_ms: float = 0.0
    pds: Distribution | None = None
    companions: Companions | None = None


Event = PerspectiveStarted | PerspectiveDelta | PerspectiveFinished | Delta | ChoiceFinished | Finished
