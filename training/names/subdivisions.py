"""Names of the first-level subdivisions of large countries (ISO 3166-2), in every locale of CLDR.

They stand in `common/subdivisions/*.xml` of a CLDR release; `babel` does not carry them. Unicode License V3.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from babel.languages import get_official_languages

from agents.detect.cldr import Sourced
from agents.detect.fold import fold
from agents.detect.harvest import HAN_HOMES, SHORTEST_ABROAD
from agents.detect.tables import rows

PEOPLE = 3_000_000  # inhabitants of a country from which its subdivisions are listed in its own languages
MANY = 20_000_000  # and from which they are listed in those of all who are served
UNITS = 100  # first-level subdivisions of a country, beyond which they are districts or communes
SHARED = 4  # countries whose units bear a word in a locale: "northern", "central"
TYPE, FEWEST = 0.4, 4  # part of a country's units, and how many, that share a word for "province"
BARE, SYLLABLES = 5, 2  # letters that a name keeps without such words; and in scripts of words and syllables
# Written together with a name, in scripts without spaces, and left out in speech.
TAILS = re.compile(
    "(?:特别行政区|広域市|特別市|壮族自治区|回族自治区|维吾尔自治区|維吾爾自治區|自治區|自治区|省|市|县|縣|県|州|府|都|大区"
    "|특별자치도|특별자치시|광역시|특별시|도|주|현|성|시)$"
)
HAN = re.compile("[\u4e00-\u9fff]")
HEADS = re.compile("^(?:จังหวัด|รัฐ|มณฑล|แคว้น|ແຂວງ|ខេត្ត)")
NOTES = re.compile("[²³]|^[dl]['’](?=[A-ZÀ-Þ])")  # CLDR's marks of namesakes; French articles
DIGITS = re.compile(r"[\d,;/()\[\]]")
# What says where a unit lies, or what it is: names made up of these alone are left out, in all locales.
PLAIN = frozenset(Path(__file__).with_name("plain.txt").read_text(encoding="utf-8").split())
# What ISO 3166 lists as a territory as well; and England, whose name is by hand.
TERRITORIES = frozenset(
    {
        "cntw", "cnhk", "cnmo", "uspr", "usgu", "usas", "usvi", "usmp", "usum", "frbl", "frmf", "frgp",
        "frmq", "frre", "fryt", "frgf", "frnc", "frpf", "frpm", "frtf", "frwf", "fr971", "fr972", "fr973",
        "fr974", "fr976", "nlaw", "nlcw", "nlsx", "nlbq1", "nlbq2", "nlbq3", "fi01", "no21", "no22", "gbeng",
        "gbnir",
    }
)  # fmt: skip
# Subdivisions that are cultures of their own here.
ALSO_KNOWN: Mapping[str, str] = {"inas": "IN-AS", "idjb": "ID-JB"}


class Unit(NamedTuple):
    """A subdivision as CLDR codes it, its country first, and its name in a locale, as words."""

    code: str
    words: tuple[str, ...]


def subdivision_names(cldr: Path, populations: Mapping[str, int]) -> Iterator[Sourced]:
    """The names in every locale, without the words for "province". `cldr`: the folder `common` of a release.

    FileNotFoundError where that folder holds no subdivisions.
    """
    listed = listed_codes(cldr, populations)
    listed -= {one.code for one in _units(cldr / "subdivisions" / "en.xml", listed) if plain(one.words)}
    served = {language for language, *_ in rows("served")}
    for path in sorted((cldr / "subdivisions").glob("*.xml")):
        language = path.stem.partition("_")[0]
        units = list(_units(path, listed))
        shared, types = shared_words(units), type_words(units)
        for unit in units:
            country = unit.code[:2].upper()
            if (
                language in get_official_languages(country, de_facto=True)
                or language == "en"
                or (populations[country] >= MANY and language in served)
            ):
                culture = ALSO_KNOWN.get(unit.code, country)
                for text in spellings(unit, shared, types):
                    yield Sourced(text, path.stem, "subdivision", culture)


def listed_codes(cldr: Path, populations: Mapping[str, int]) -> frozenset[str]:
    """The codes of first-level subdivisions that are listed, but for those that are territories as well."""
    tree = ElementTree.parse(cldr / "supplemental" / "subdivisions.xml")  # noqa: S314  # Unicode's own file
    codes: set[str] = set()
    for group in tree.iter("subgroup"):
        country, units = group.get("type", ""), group.get("contains", "").split()
        if country.isupper() and populations.get(country, 0) >= PEOPLE and len(units) <= UNITS:
            codes |= set(units)
    return frozenset(codes - TERRITORIES)


def plain(words: Iterable[str]) -> bool:
    """Whether an English name is made up of words for places alone."""
    return all(word.lower() in PLAIN or word.isdigit() for word in words)


def shared_words(units: Iterable[Unit]) -> frozenset[str]:
    """Folded words that stand in names of several countries: what they make up alone is no name."""
    countries: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        for word in unit.words:
            countries[fold(word)].add(unit.code[:2])
    return frozenset(word for word, bearers in countries.items() if len(bearers) >= SHARED)


def type_words(units: Iterable[Unit]) -> frozenset[str]:
    """Folded words for "province" and what goes with them: a large part of some country's names has them."""
    sizes: Counter[str] = Counter()
    ends: Counter[tuple[str, str]] = Counter()
    for unit in units:
        sizes[unit.code[:2]] += 1
        edges = {*unit.words[:2], *unit.words[-2:]} if len(unit.words) > 1 else ()
        ends.update({(unit.code[:2], fold(word)) for word in edges})
    return frozenset(
        word for (country, word), n in ends.items() if n >= FEWEST and n >= TYPE * sizes[country]
    )


def spellings(unit: Unit, shared: frozenset[str], types: frozenset[str]) -> Iterator[str]:
    """The name without words for "province" if what is left is long enough, else with them.

    None where every word is shared.
    """
    own = [index for index, word in enumerate(unit.words) if fold(word) not in types]
    if not own or all(fold(word) in shared | types for word in unit.words):
        return
    whole = " ".join(unit.words)
    bare = " ".join(unit.words[own[0] : own[-1] + 1])
    short = HEADS.sub("", TAILS.sub("", whole)).strip()
    if short != whole:
        foreign = HAN.match(short) and unit.code[:2].upper() not in HAN_HOMES
        yield short if len(short) >= (SHORTEST_ABROAD if foreign else SYLLABLES) else whole
    else:
        yield bare if len(bare) >= BARE and fold(bare) not in shared else whole


def _units(path: Path, listed: frozenset[str]) -> Iterator[Unit]:
    for found in ElementTree.parse(path).iter("subdivision"):  # noqa: S314  # Unicode's own file
        code, name = found.get("type", ""), NOTES.sub("", found.text or "").strip()
        if code in listed and name and not DIGITS.search(name):
            yield Unit(code, tuple(name.split()))
