"""Reads names out of the Unicode CLDR as `babel` carries it: territories, languages, cities, adjectives.

Only `build_gazetteer` needs this. CLDR data: Unicode License V3.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from babel.localedata import load, locale_identifiers

from agents.detect.fold import fold
from agents.detect.tables import cells, rows

# Not the home of a people: no permanent population, or no territory at all.
NOBODYS = frozenset(
    {
        "AC", "AQ", "BV", "CP", "CQ", "DG", "EA", "EU", "EZ", "GS", "HM", "IO", "QO", "TA", "TF", "UM", "UN",
        "XA", "XB", "ZZ",
    }
)  # fmt: skip
ASIDE = re.compile(r"\s*[(（\[]([^)）\]]*)[)）\]]\s*")
# What stands in brackets is a name of its own: Myanmar (Burma).
ALSO_CALLED = frozenset(["CD", "CG", "CI", "CV", "CZ", "MK", "MM", "SZ", "TL"])
UNSPACED = frozenset(["zh", "yue", "ja", "th", "lo", "km", "my", "bo", "dz", "ii"])  # no words to part
PREFIX = 3  # letters that an adjective shares with its country's name


@dataclass(frozen=True, slots=True)
class Sourced:
    """A name as its source writes it. `weight` None: the source claims no part, names are shared evenly.

    `wide`: from a source that lists all there is, known or not; its names give way to all others.
    """

    text: str
    locale: str
    kind: str
    culture: str
    weight: float | None = None
    by_hand: bool = False
    wide: bool = False


def cldr_names() -> Iterator[Sourced]:
    """All the names that CLDR gives, in every locale, repeated where locales agree."""
    homes = {language: shares(cell) for language, cell in rows("languages")}
    cities = {zone: shares(cell) for cell, zones in rows("zones") for zone in cells(zones)}
    for locale in sorted(locale_identifiers()):
        data: Mapping[str, Mapping[str, object]] = load(locale, merge_inherited=False)
        yield from _territories(locale, data.get("territories", {}))
        for language, name in sorted(data.get("languages", {}).items()):
            for culture, weight in homes.get(language, ()):
                yield from _plain(Sourced(str(name), locale, "language", culture, weight))
        for zone, facts in sorted(data.get("time_zones", {}).items()):
            if isinstance(facts, Mapping) and "city" in facts:
                for culture, weight in cities.get(zone, ()):
                    yield from _plain(Sourced(str(facts["city"]), locale, "city", culture, weight))
        yield from _adjectives(locale, data)
    for zone, homes_of_city in cities.items():
        city = zone.rpartition("/")[2].replace("_", " ")
        yield from (Sourced(city, "en", "city", culture, weight) for culture, weight in homes_of_city)


def shares(cell: str) -> tuple[tuple[str, float | None], ...]:
    """Reads `KR=0.8,KP=0.2` or `JP` as (culture id, its part or None) each."""
    pairs = (part.partition("=") for part in cell.split(","))
    return tuple((culture, float(weight) if weight else None) for culture, _, weight in pairs)


def _territories(locale: str, names: Mapping[str, object]) -> Iterator[Sourced]:
    for code, name in sorted(names.items()):
        if len(code) == 2 and code.isalpha() and code not in NOBODYS:
            yield from _plain(Sourced(str(name), locale, "territory", code))


def _plain(name: Sourced) -> Iterator[Sourced]:
    """The name without what it says in brackets, and that too where it is a name of its own."""
    texts = [
        ASIDE.sub(" ", name.text).strip(),
        *(ASIDE.findall(name.text) if name.culture in ALSO_CALLED else ()),
    ]
    for text in texts:
        text = text.replace("\u200b", "").strip(" :;.,")
        if text and "," not in text and not any(character.isdigit() for character in text):
            yield Sourced(text, name.locale, name.kind, name.culture, name.weight)


def _adjectives(locale: str, data: Mapping[str, Mapping[str, object]]) -> Iterator[Sourced]:
    """The adjectives within the names of currencies: "Mexican", "мексиканский", "meksykańskie" peso.

    A word counts when it stands in the currencies of one territory alone, and starts as its name does, if
    that is one word ("quốc", nation, is no adjective of "Hàn Quốc").
    """
    if locale.partition("_")[0] in UNSPACED:
        return
    territories = data.get("territories", {})
    owners: dict[str, set[str]] = defaultdict(set)
    for code, name in sorted(data.get("currency_names", {}).items()):
        for word in re.split(r"[\s\d()–/]+", ASIDE.sub(" ", str(name))):
            owners[word].add(code[:2])
    for word, codes in sorted(owners.items()):
        code = min(codes)
        home = fold(str(territories.get(code, "")))
        start = fold(word)[:PREFIX]
        likely = len(codes) == 1 and code not in NOBODYS and len(word) > PREFIX and start.isalpha()
        if likely and home.startswith(start) and " " not in home:
            yield Sourced(word, locale, "people", code)
