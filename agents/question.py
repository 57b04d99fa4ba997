"""A question as the pipeline takes it: the conversation, and how the asker wants it answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from agents.model import Message

Mode = Literal["auto", "direct", "contextual", "multiplex", "debate", "expert"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of which backbone, and in which mode.

    `cultures` are ids, names or language tags, obeyed when given; `reasoning_language` a tag or "auto";
    `max_agents` None leaves the number to the limits; `parameters` are OpenAI's for the final stage alone;
    `audience` is the asker's own culture (an id, name or language tag), "" where the request does not say;
    `locales` are the language tags that the asker's client prefers, best first;
    `rounds` is how often the voices of a debate speak, None where the request does not say (then twice);
    `whole`: the answer is not shown before it is complete, so that it can be revised;
    `chore` marks a client's background task (a title, tags), which no council is convened for.
    """

    messages: tuple[Message, ...]
    mode: Mode = "auto"
    cultures: tuple[str, ...] = ()
    reasoning_language: str = "auto"
    max_agents: int | None = None
    backbone: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    choices: int = 1
    chore: bool = False
    audience: str = ""
    locales: tuple[str, ...] = ()
    rounds: int | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What one question may cost: the operator's bounds.

    Seconds are wall time; `head_start`: how many a round's voices wait at most for the first one's word.
    `voice_tokens` bounds each perspective, `answer_tokens` a steered answer whose asker sets no bound;
    `agents` is how many speak when the asker does not say, `max_agents` the most that may be asked for,
    `min_voices` how many of those asked must speak (all, where fewer are asked) for an answer to be written,
    `max_rounds` the most of a debate.
    `reasoning_languages` are those that the backbone can think in, when it cannot think in all; voices of
    other languages then take the first. `brief_voices` have neither page nor parts: for a backbone so small
    that it takes them for noise. `guard`: whether voices and steered answers are checked, `guard_model`
    the backbone that checks them beside the rules, if any. `contexts`: how many tokens a backbone
    takes, by its name, where that is known: longer conversations are shortened.
    """

    agents: int = 6
    max_agents: int = 12
    min_voices: int = 1
    max_choices: int = 8
    max_rounds: int = 2
    voice_tokens: int = 300
    answer_tokens: int = 1_024
    voice_characters: int = 4_000
    voice_seconds: float = 60.0
    head_start: float = 0.0
    request_seconds: float = 300.0
    reasoning_languages: tuple[str, ...] = ()
    brief_voices: bool = False
    contexts: Mapping[str, int] = field(default_factory=dict)
    guard: bool = True
    guard_model: str | None = None
