"""What travels through the graph, and what every node of one run may reach."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypedDict

from agents.cultures.cultures import Cultures
from agents.events import Event, Perspective, Shortened
from agents.guard.guard import Finding, Guard
from agents.head_start import HeadStart
from agents.meter import Meter
from agents.model import Message
from agents.plan import Plan, Voice
from agents.prompting import Prompts
from agents.question import Limits, Question


class State(TypedDict):
    """The graph's state: the plan it follows and the perspectives gathered, in the order of the plan.

    `debated` is what was said in the second round of a debate.
    """

    plan: Plan
    perspectives: Annotated[list[Perspective], operator.add]
    debated: Annotated[list[Perspective], operator.add]


class VoiceState(TypedDict):
    """What one fanned-out voice is sent; `leads`: it is the first of its round."""

    voice: Voice
    leads: bool


class DebateState(VoiceState):
    """What a voice is sent in round two: also what everybody said in round one."""

    heard: list[Perspective]


@dataclass(slots=True)
class Guarded:
    """What the guard did in a run: see `GuardReport` (events.py)."""

    findings: list[tuple[str | None, Finding]] = field(default_factory=list)
    unchecked: set[str] = field(default_factory=set)
    unjudged: list[str] = field(default_factory=list)
    revised: bool = False
    withheld: bool = False
    retried: bool = False
    answered_in: str | None = None

    def found(self, finding: Finding, culture: str | None = None) -> None:
        """Something that is not shown: of a culture's voice, or of the answer."""
        self.findings.append((culture, finding))


@dataclass(frozen=True, slots=True)
class Run:
    """The run-scoped dependencies, handed to every node as LangGraph's context.

    `messages` is the conversation with one leading system message, `shared` the same as words alone: the
    prefix that all voices have in common. `asked_in` is the asker's language, None when unknown. `nonce`
    marks what voices said as data; it is new in every run, as is `debate_nonce`, which voices are told.
    `head_starts`: of each round. `conversation` is the same for all turns of one conversation (see
    `ModelRequest`); `shortened`: what was left out of it. `guard` is None where the operator has none;
    `guarded` is what it did.
    """

    question: Question
    messages: tuple[Message, ...]
    shared: tuple[Message, ...]
    asked_in: str | None
    model: Meter
    prompts: Prompts
    cultures: Cultures
    limits: Limits
    emit: Callable[[Event], None]
    nonce: str
    debate_nonce: str
    head_starts: Mapping[int, HeadStart]
    conversation: str
    shortened: Shortened | None = None
    guard: Guard | None = None
    guarded: Guarded = field(default_factory=Guarded)
    answer: list[str] = field(default_factory=list)
