"""What travels through the graph, and what every node of one run may reach."""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypedDict

from agents.cultures.cultures import Cultures
from agents.events import Event, Perspective
from agents.meter import Meter
from agents.model import Message
from agents.plan import Plan, Voice
from agents.prompting import Prompts
from agents.question import Limits, Question


class State(TypedDict):
    """The graph's state: the plan it follows and the perspectives gathered, in the order of the plan."""

    plan: Plan
    perspectives: Annotated[list[Perspective], operator.add]


class VoiceState(TypedDict):
    """What one fanned-out voice is sent."""

    voice: Voice


@dataclass(frozen=True, slots=True)
class Run:
    """The run-scoped dependencies, handed to every node as LangGraph's context.

    `messages` is the conversation with one leading system message, `shared` the same as words alone: the
    prefix that all voices have in common. `asked_in` is the asker's language, None when unknown. `nonce`
    marks what voices said as data; it is new in every run. `conversation` is the same for all turns of one
    conversation (see `ModelRequest`).
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
    conversation: str
    answer: list[str] = field(default_factory=list)
