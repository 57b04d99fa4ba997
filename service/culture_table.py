"""What `polylect cultures` and `GET /v1/polylect/cultures` show: the curated cultures."""

from collections.abc import Iterable
from typing import Any

from rich.table import Table

from agents import Culture, Cultures, language_name


def described(culture: Culture, pages: Iterable[str]) -> dict[str, Any]:
    """One culture for programs: its names in the languages that it speaks and in English, and what it knows.

    `shares`: the part of its people that speaks each language, by CLDR, null where nobody counted. `pages`:
    the languages in which a page about it is written.
    """
    return {
        "id": culture.id,
        "names": {tag: culture.name(tag) for tag in dict.fromkeys(("en", *culture.languages))},
        "sector": culture.sector,
        "languages": list(culture.languages),
        "shares": culture.shares(),
        "neighbours": sorted(culture.neighbours),
        "adapter": culture.adapter,
        "pages": list(pages),
    }


def culture_table(cultures: Cultures) -> Table:
    """All of them for people, by sector."""
    table = Table("id", "culture", "sector", "languages", box=None, padding=(0, 2, 0, 0), header_style="bold")
    sector = ""
    for culture in cultures:
        if sector and culture.sector != sector:
            table.add_section()
        sector = culture.sector
        spoken = ", ".join(_told(tag, share) for tag, share in culture.shares().items())
        table.add_row(culture.id, culture.name("en"), sector, spoken)
    return table


def _told(tag: str, share: float | None) -> str:
    name = language_name(tag, "en")
    return f"{name} {share:.0%}" if share and share >= 0.005 else name
