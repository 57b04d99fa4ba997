"""How evenly a text refers to the world: `POST /v1/polylect/score`."""
# ruff: noqa: RUF012  # the defaults of a model are copied for each object

from openai import BaseModel


class Reference(BaseModel):
    """A name in a text, and whom it refers to.

    >>> from polylect import Polylect
    >>> reference = Polylect().score("Nairobi is far from Kyoto.").references[0]
    >>> reference.text, reference.culture, reference.sector, reference.kind
    ('Nairobi', 'KE', 'sub-saharan-african', 'city')
    """

    text: str = ""
    start: int = 0
    """In Unicode characters."""
    end: int = 0
    culture: str = ""
    sector: str = ""
    kind: str = ""
    specific: bool = False
    """Whether a reader could check it."""
    weight: float = 1.0
    """What it counts: less than 1 for a part in a name that several cultures share."""
    date: str | None = None


class Score(BaseModel):
    """The Perspectives Distribution Score of a text, and the references that it rests on.

    >>> from polylect import Polylect
    >>> score = Polylect().score("Nairobi is far from Kyoto.")
    >>> score.distribution, round(score.entropy, 2), score.sectors
    ({'east-asian': 0.5, 'sub-saharan-african': 0.5}, 0.33, 8)
    """

    distribution: dict[str, float] = {}
    """The share of references by sector; they sum to 1, or there are none."""
    entropy: float = 0.0
    """0, all of one sector, to 1, evenly spread over all."""
    sectors: int = 0
    references: list[Reference] = []
