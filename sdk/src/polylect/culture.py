"""A culture that Polylect knows: `GET /v1/polylect/cultures`."""
# ruff: noqa: RUF012  # the defaults of a model are copied for each object

from openai import BaseModel


class Culture(BaseModel):
    """One curated culture. Every other ISO 3166 code can be requested too.

    >>> from polylect import Polylect
    >>> japan = next(culture for culture in Polylect().cultures() if culture.id == "JP")
    >>> japan.names["en"], japan.sector, japan.languages[0]
    ('Japan', 'east-asian', 'ja')
    """

    id: str = ""
    """ISO 3166 in upper case (`JP`, `IN-AS`); a named area in lower case (`arab-world`)."""
    names: dict[str, str] = {}
    """Its name by language: in English and in the languages that it speaks."""
    sector: str = ""
    """One of the eight parts of the world over which the Perspectives Distribution Score is counted."""
    languages: list[str] = []
    shares: dict[str, float | None] = {}
    """The part of its people that speaks each language, 0 to 1; null where nobody counted."""
    neighbours: list[str] = []
    adapter: str | None = None
    pages: list[str] = []
    """The languages in which a page about it is written."""


class Cultures(BaseModel):
    """The list of them, as it comes over the wire."""

    data: list[Culture] = []
