"""The cultures we know: the curated ones, and every other territory as CLDR describes it.

Facts stand in cultures.toml (who is curated, in which order), names.toml (what CLDR cannot name) and
sectors.toml (which sector a territory counts for; which languages have no single home). Names and languages
of territories come from CLDR (Unicode Technical Standard 35), through babel.
"""

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.core import get_global
from babel.languages import get_official_languages, get_territory_language_info
from rapidfuzz import fuzz, process, utils

from agents.cultures.tags import fallbacks, likely, locale_of, parse_tag
from agents.errors import UnknownCulture


@dataclass(frozen=True, slots=True)
class Culture:
    """One culture: its id (`JP`, `IN-AS`, `arab-world`), its sector, its languages, the main one first.

    `neighbours` are ids with whom it shares a language or much of everyday life; `adapter` is the id of a
    LoRA adapter that the backbone serves for it, None where there is none.
    """

    id: str
    sector: str
    languages: tuple[str, ...]
    curated: bool
    neighbours: frozenset[str] = frozenset()
    adapter: str | None = None
    names: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    also: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def name(self, language: str) -> str:
        """Its name in `language` (a BCP-47 tag), in English where nobody wrote one down."""
        for tag in (*fallbacks(language), "en"):
            if found := self.names.get(tag) or _territory_names(tag).get(self.id):
                return found
        return self.id

    def shares(self) -> dict[str, float | None]:
        """Each of its languages and the part (0..1) of its people that speaks it, by CLDR; None: not told.

        CLDR counts who speaks a language, first or second, so that parts may add up to more than one. It
        knows territories alone: nothing is told of a people.
        """
        told = {tag.replace("_", "-"): facts for tag, facts in get_territory_language_info(self.id).items()}
        parts = {tag: round(float(facts["population_percent"] or 0) / 100, 4) for tag, facts in told.items()}
        return {one: parts.get(one) or None for one in self.languages}


@dataclass(frozen=True, slots=True)
class SectorFacts:
    """Which territory counts for which sector, and which languages point to no single culture."""

    territories: Mapping[str, str]
    homeless: frozenset[str]
    uninhabited: str


class Cultures:
    """All cultures that can be asked for. Built from data; `Cultures.load()` reads ours."""

    def __init__(
        self, curated: Iterable[Culture], sectors: Iterable[str], facts: SectorFacts, homes: Mapping[str, str]
    ) -> None:
        self.sectors = tuple(sectors)
        self._curated = {culture.id: culture for culture in curated}
        self._facts = facts
        self._homes = homes

    @classmethod
    def load(cls, folder: Path | None = None) -> "Cultures":
        """The cultures of this package's TOML files, or of those in `folder`."""
        folder = folder or Path(__file__).parent
        cultures, names, sectors = (
            _read(folder / f"{file}.toml") for file in ("cultures", "names", "sectors")
        )
        rows = [(sector, id_, row) for sector, group in cultures.items() for id_, row in group.items()]
        near = _both_ways({id_: row.get("neighbours", ()) for _, id_, row in rows})
        return cls(
            [_curated(sector, id_, row, names.get(id_, {}), near[id_]) for sector, id_, row in rows],
            sectors["territories"],
            _sector_facts(sectors),
            {language: id_ for _, id_, row in rows for language in row.get("home_of", ())},
        )

    def get(self, id_: str) -> Culture:
        """The culture with this id (`JP`, `IN-AS`, `arab-world`): curated, or derived from CLDR.

        Raises:
            UnknownCulture: nobody has this id; it carries ids that resemble it, or whose English name does.
        """
        if found := self._curated.get(id_) or self._derived(id_):
            return found
        raise UnknownCulture(id_, self._near(id_))

    def __contains__(self, id_: object) -> bool:
        return id_ in self._curated or id_ in self._facts.territories

    def __iter__(self) -> Iterator[Culture]:
        """The curated cultures, in the order of the file."""
        return iter(self._curated.values())

    def representatives(self, sector: str) -> tuple[Culture, ...]:
        """The curated cultures of a sector; the first one speaks when nobody was named."""
        return tuple(culture for culture in self if culture.sector == sector)

    def area_names(self) -> dict[str, tuple[str, ...]]:
        """For each culture that CLDR cannot name: all the names it goes by, in any language."""
        named = (culture for culture in self if culture.names)
        return {one.id: tuple(dict.fromkeys((*one.names.values(), *one.also))) for one in named}

    def of_language(self, tag: str) -> Culture | None:
        """The culture in which a language tag is at home: `ja` -> JP, `pt-BR` -> BR, `ar` -> arab-world.

        A region in the tag wins. None for a language of the world or of a diaspora (sectors.toml), and for a
        tag that is unknown or malformed: an undecided home is not a home somewhere.
        """
        parsed = parse_tag(tag)
        if parsed is None:
            return None
        home = parsed.region
        if home is None and parsed.language not in self._facts.homeless:
            home = self._homes.get(parsed.language) or ((guess := likely(parsed)) and guess.region)
        return self.get(home) if home and home in self else None

    def _derived(self, id_: str) -> Culture | None:
        sector = self._facts.territories.get(id_)
        if sector is None:
            return None
        return Culture(id_, sector, _spoken_in(id_) or (self._facts.uninhabited,), curated=False)

    def _near(self, id_: str) -> tuple[str, ...]:
        """Up to three ids that resemble `id_`, or whose English name does, best first."""
        known = [*self._curated, *self._facts.territories]
        aliases = get_global("territory_aliases").get(id_.upper(), [])
        names = {one: self.get(one).name("en") for one in known}
        ids = process.extract(id_, known, scorer=fuzz.ratio, processor=_plain, score_cutoff=80)
        named = process.extract(id_, names, scorer=fuzz.WRatio, processor=_plain, score_cutoff=75)
        near = (*aliases, id_.split("-")[0], *(hit[0] for hit in ids), *(hit[-1] for hit in named))
        return tuple(dict.fromkeys(one for one in near if one in self))[:3]


def language_name(tag: str, language: str) -> str:
    """The name of the language `tag` in `language`: in English where CLDR has no other, else `tag` itself."""
    for reader in (*fallbacks(language), "en"):
        locale = locale_of(reader)
        for one in fallbacks(tag):
            if locale and (found := locale.languages.get(one.replace("-", "_"))):
                return str(found)
    return tag


def _plain(text: str) -> str:
    """For comparing: lower case, no diacritics, no punctuation."""
    letters = (one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return utils.default_process("".join(letters))


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _curated(
    sector: str, id_: str, row: Mapping[str, Any], words: Mapping[str, Any], near: frozenset[str]
) -> Culture:
    names = {tag: name for tag, name in words.items() if tag != "also"}
    languages, also = tuple(row["languages"]), tuple(words.get("also", ()))
    return Culture(id_, sector, languages, True, near, row.get("adapter"), names, also)


def _both_ways(told: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Neighbours, told from one side, as both sides see them.

    Raises:
        KeyError: one of them is no curated culture.
    """
    near: dict[str, set[str]] = {one: set() for one in told}
    for one, others in told.items():
        for other in others:
            near[one].add(other)
            near[other].add(one)
    return {one: frozenset(others) for one, others in near.items()}


def _sector_facts(table: Mapping[str, Any]) -> SectorFacts:
    territories = {one: sector for sector, listed in table["territories"].items() for one in listed.split()}
    languages = table["languages"]
    return SectorFacts(
        territories, frozenset(languages["world"] + languages["unplaced"]), languages["uninhabited"]
    )


def _territory_names(language: str) -> Mapping[str, str]:
    locale = locale_of(language)
    return locale.territories if locale else {}


def _spoken_in(territory: str) -> tuple[str, ...]:
    """A territory's languages by CLDR: the official ones, most spoken first, else the most spoken ones."""
    shares: dict[str, float] = {}
    for tag, facts in get_territory_language_info(territory).items():
        shares[tag] = float(facts["population_percent"] or 0)
    official = get_official_languages(territory, de_facto=True)
    spoken = sorted(official or shares, key=lambda tag: -shares.get(tag, 0))
    tags = [tag.replace("_", "-") for tag in spoken if tag != "und"][:5]
    return tuple(tag for tag in tags if not set(tags).intersection(fallbacks(tag)[1:]))
