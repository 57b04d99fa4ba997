"""Names of public holidays that clearly name a culture, in the languages in which `holidays` knows them.

Which ones do is a list that people reviewed, `holidays.tsv`. The package: MIT.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import holidays

from agents.detect.cldr import Sourced, shares
from agents.detect.tables import cells

YEARS = range(2022, 2027)  # some holidays are not kept every year
ENGLISH = "en_US"
ASIDE = re.compile(r"\s*\([^()]*\)|,.*$")
CHOSEN = Path(__file__).with_suffix("").parent / "holidays.tsv"


def holiday_names() -> Iterator[Sourced]:
    """The chosen holidays in every language. KeyError where the package knows one no longer."""
    for line in CHOSEN.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, chosen, culture, languages = line.split("\t")
            spoken = cells(languages)
            for language, text in translations(country, cells(chosen)):
                if spoken == ("*",) or language in spoken:
                    for one, weight in shares(culture):
                        yield Sourced(text, language, "holiday", one, weight)


def translations(country: str, chosen: tuple[str, ...]) -> list[tuple[str, str]]:
    """(language, name) of each chosen holiday, found by the days on which its English name stands."""
    days = dict(_kept(country, ENGLISH))
    found: dict[tuple[str, str], None] = {}
    missing = set(chosen)
    for language in _languages(country):
        for day, name in _kept(country, language):
            english = days.get(day, name)
            if english in chosen:
                missing.discard(english)
                found[language, ASIDE.sub("", name).strip()] = None
    if missing:
        raise KeyError(f"{country} keeps no {', '.join(sorted(missing))}")
    return list(found)


def _languages(country: str) -> tuple[str, ...]:
    kept = getattr(holidays, country)
    return tuple(dict.fromkeys((*(kept.supported_languages or ()), kept.default_language or ENGLISH)))


def _kept(country: str, language: str) -> list[tuple[str, str]]:
    """(day, name) where a day has one holiday alone."""
    categories = getattr(holidays, country).supported_categories
    known = language in (getattr(holidays, country).supported_languages or ())
    kept = holidays.country_holidays(
        country, years=YEARS, language=language if known else None, categories=categories
    )
    return [(day.isoformat(), name) for day, name in kept.items() if "; " not in name]
