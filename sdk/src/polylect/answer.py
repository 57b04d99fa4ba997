"""What an answer carries beyond its words: the object `polylect`, typed."""
# ruff: noqa: RUF012  # the defaults of a model are copied for each object

from typing import Literal

from openai import BaseModel
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion

from polylect.context import Context

Role = Literal["elicit", "reason"]
"""What a candidate of mode `expert` was asked for."""


class Perspective(BaseModel):
    """What one culture's voice said, or why it was silent.

    >>> from polylect import Polylect
    >>> answer = Polylect().council("How should a child address an elder?", cultures=["JP"])
    >>> perspective = answer.perspectives[0]
    >>> perspective.culture, perspective.language, perspective.status, bool(perspective.text)
    ('JP', 'ja', 'spoke', True)
    """

    culture: str | None = None
    """None for a candidate of mode `expert` about no culture that is known."""
    language: str = ""
    """In which it reasoned, BCP 47."""
    text: str = ""
    """Its words; "" without `trace`."""
    status: Literal["spoke", "cut", "silent"] = "spoke"
    """`cut`: it ended before its end, and what it said is used."""
    reason: str | None = None
    """Why it was cut, or silent."""
    tokens: int = 0
    confidence: Literal["high", "medium", "low"] | None = None
    sections: dict[str, str] = {}
    """Its parts (`view`, `reasons`, `example`, `dissent`, `gloss` …), as far as it labelled them."""
    role: Role | None = None
    """In mode `expert` alone."""
    round: int = 1
    changed: bool | None = None
    """In a debate's second round: whether it says that its view changed."""


class Companions(BaseModel):
    """What tells breadth from depth, to be read beside the entropy.

    >>> from polylect import Polylect
    >>> answer = Polylect().council("How should a child address an elder?", cultures=["JP", "KE"])
    >>> answer.pds.companions.words > 0
    True
    """

    references: float = 0.0
    specifics: float = 0.0
    """How many of the references a reader could check."""
    specific_share: float = 0.0
    words: int = 0
    references_per_100_words: float = 0.0
    specifics_per_100_words: float = 0.0


class PDS(BaseModel):
    """The Perspectives Distribution Score of the answer's text.

    >>> from polylect import Polylect
    >>> answer = Polylect().council("How should a child address an elder?", cultures=["JP", "KE"])
    >>> 0 <= answer.pds.entropy <= 1, answer.pds.sectors
    (True, 8)
    """

    distribution: dict[str, float] = {}
    """The share of references by sector; they sum to 1, or there are none."""
    entropy: float = 0.0
    """0, all of one sector, to 1, evenly spread over all."""
    sectors: int = 0
    companions: Companions | None = None
    """With `trace` alone."""


class Route(BaseModel):
    """How the language of a voice was found.

    >>> from polylect import Polylect
    >>> answer = Polylect().council("How should a child address an elder?", cultures=["JP"])
    >>> answer.voices[0].route.language
    'ja'
    """

    language: str = ""
    why: str = ""
    known: bool = False
    """False where the backbone's knowledge of it was not measured."""


class Voice(BaseModel):
    """Who was asked, and why; with `trace` alone.

    >>> from polylect import Polylect
    >>> answer = Polylect().council("How should a child address an elder?", cultures=["JP"])
    >>> answer.voices[0].culture, answer.voices[0].why
    ('JP', 'requested')
    """

    culture: str | None = None
    language: str = ""
    why: str = ""
    page: str | None = None
    """The language of the page about its culture that it read; None where none is written."""
    role: Role | None = None
    route: Route | None = None


class Finding(BaseModel):
    """Something that the guard did not let through.

    >>> from polylect import Finding
    >>> Finding(culture="JP", by="rules", what="rank").what
    'rank'
    """

    culture: str | None = None
    """Whose voice said it; None for the answer."""
    by: Literal["rules", "model"] = "rules"
    what: str = ""
    """The kind of harm."""


class Guard(BaseModel):
    """What the guard did.

    >>> from polylect import Polylect
    >>> answer = Polylect().council("How should a child address an elder?", cultures=["JP"])
    >>> answer.guard.findings, answer.guard.withheld
    ([], False)
    """

    findings: list[Finding] = []
    unchecked: list[str] = []
    """Languages for which there are no rules."""
    unjudged: list[str] = []
    """Why a guard model gave no rating."""
    revised: bool = False
    withheld: bool = False
    answered_in: str | None = None
    """The language that the answer is in; None where it is too short to tell."""
    retried: bool = False


class Shortened(BaseModel):
    """What was left out of a conversation that is longer than the backbone's context.

    >>> from polylect import Shortened
    >>> Shortened(turns=4).characters
    0
    """

    turns: int = 0
    characters: int = 0


class Answer(BaseModel):
    """One answer, with whatever Polylect tells about it.

    Where the backbone answered alone (`mode` is "direct") there are its words and nothing of the rest.

    >>> from polylect import Polylect
    >>> answer = Polylect().council("How should a child address an elder?", cultures=["JP", "KE"])
    >>> answer.mode, answer.calls, [perspective.language for perspective in answer.perspectives]
    ('multiplex', 3, ['ja', 'en'])
    """

    text: str = ""
    """Of the first choice; `completion` has all."""
    refusal: str | None = None
    """Why there is no text, where the guard or the backbone refused."""
    mode: str = ""
    why: str = ""
    """Why this mode."""
    context: Context | None = None
    perspectives: list[Perspective] = []
    debate: list[Perspective] = []
    """The second round of a debate."""
    pds: PDS | None = None
    answer_language: str | None = None
    finish_reason: str | None = None
    usage: CompletionUsage | None = None
    """The sum over all calls."""
    usage_by_stage: dict[str, CompletionUsage] = {}
    calls: int = 0
    """How often a backbone was asked."""
    overhead_ms: float | None = None
    """Milliseconds in which no call of a backbone was under way; of `direct`, those of the plan."""
    guard: Guard | None = None
    voices: list[Voice] = []
    shortened: Shortened | None = None
    completion: ChatCompletion
    """OpenAI's own object; that of a stream is rebuilt out of its chunks."""
    request_id: str | None = None
    """Names the request in the service's log."""
