"""What Polylect recognises in a text: `POST /v1/polylect/detect`, and `answer.context`."""
# ruff: noqa: RUF012  # the defaults of a model are copied for each object

from typing import Literal

from openai import BaseModel

STEERED = 0.5
"""From this `cultural` on a question is steered."""


class Language(BaseModel):
    """The language of a text.

    >>> from polylect import Polylect
    >>> Polylect().detect("¿Por qué se come mole en las bodas?").language.tag
    'es'
    """

    tag: str = ""
    """BCP 47."""
    probability: float = 0.0


class Share(BaseModel):
    """How much of a text is in one language.

    >>> from polylect import Polylect
    >>> [share.tag for share in Polylect().detect("Why do people in Kyoto bow?").languages]
    ['en']
    """

    tag: str = ""
    share: float = 0.0
    """0 to 1."""


class Evidence(BaseModel):
    """A culture, how much speaks for it, and what does.

    >>> from polylect import Polylect
    >>> found = Polylect().detect("Why do people in Kyoto bow?").cultures[0]
    >>> found.id, found.evidence
    ('JP', ['Kyoto'])
    """

    id: str = ""
    weight: float = 0.0
    evidence: list[str] = []


class Span(BaseModel):
    """Where in a conversation a piece of evidence stands.

    >>> from polylect import Polylect
    >>> text = "Why do people in Kyoto bow?"
    >>> span = Polylect().detect(text).spans[0]
    >>> text[span.start : span.end], span.culture, span.kind
    ('Kyoto', 'JP', 'city')
    """

    start: int = 0
    """In Unicode characters."""
    end: int = 0
    text: str = ""
    culture: str = ""
    kind: str = ""
    turn: int | Literal["system"] = 0
    """0 the asker's last turn, -1 the one before it; or the system prompt."""


class Context(BaseModel):
    """The cultural context of a question. What is unknown is None or empty, never a default.

    >>> from polylect import Polylect
    >>> context = Polylect().detect("Why do people in Kyoto bow to their guests?")
    >>> [found.id for found in context.cultures], context.cue, context.steered
    (['JP'], 'explicit', True)
    """

    language: Language | None = None
    languages: list[Share] = []
    cultural: float = 0.0
    """How much the question depends on culture, 0 to 1."""
    cultures: list[Evidence] = []
    """What is asked about, heaviest first."""
    audience: list[Evidence] = []
    """Whose culture the asker's own is, heaviest first."""
    domain: str | None = None
    cue: Literal["explicit", "native_language", "implicit", "none"] = "none"
    spans: list[Span] = []

    @property
    def steered(self) -> bool:
        """Whether the mode `auto` steers such a question.

        >>> from polylect import Polylect
        >>> Polylect().detect("What is 2 + 2?").steered
        False
        """
        return self.cultural >= STEERED
