"""What cultures and sectors are called, as far as the service has told."""

from collections.abc import Iterable

from polylect import Culture

from playground.languages import territory_name

_SECTORS = {
    "western": "Western",
    "latin-american": "Latin American",
    "sub-saharan-african": "Sub-Saharan African",
    "islamic-mena": "Middle East and North Africa",
    "south-asian": "South Asian",
    "east-asian": "East Asian",
    "southeast-asian-pacific": "Southeast Asia and Pacific",
    "indigenous": "Indigenous peoples",
}


class Names:
    """The English names of cultures; of one that the service has not listed CLDR's, else its id."""

    def __init__(self) -> None:
        self._cultures: dict[str, Culture] = {}

    def learn(self, cultures: Iterable[Culture]) -> None:
        """Take in what the service lists."""
        self._cultures = {one.id: one for one in cultures}

    def culture(self, culture: str | None) -> str:
        """What to call a culture; None is one that nobody knows."""
        if culture is None:
            return "Culture unknown"
        known = self._cultures.get(culture)
        return known.names.get("en", culture) if known else territory_name(culture)


def sector_name(sector: str) -> str:
    """A sector for people; one that is new here is shown by its id."""
    return _SECTORS.get(sector) or sector.replace("-", " ").capitalize()
