"""The facts about cultures, against CLDR and against themselves."""

import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
from babel.core import Locale
from babel.languages import get_official_languages

from agents.cultures import cultures as module
from agents.cultures.cultures import Culture, Cultures, SectorFacts, language_name
from agents.cultures.tags import fallbacks, parse_tag
from agents.errors import UnknownCulture

SECTORS = (
    "western",
    "latin-american",
    "sub-saharan-african",
    "islamic-mena",
    "south-asian",
    "east-asian",
    "southeast-asian-pacific",
    "indigenous",
)
BLEND = ("US", "GB", "CN", "ES", "MX", "ID", "ID-JB", "KR", "KP", "GR", "IR", "DZ", "AZ", "IN-AS", "NG", "ET")
ALSO = (
    *("JP", "KE", "BR", "FR", "DE", "EG", "SA", "TR", "IN", "BD", "PK", "VN", "PH", "TH", "PE", "PL", "RU"),
    *("ZA", "arab-world", "kurdish", "roma", "hausa"),
    *("maori", "quechua", "navajo", "sami", "aboriginal-australian"),
)
NO_TERRITORY = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
EXCEPTIONALLY_RESERVED = {"AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
"""Islands and cities that ISO 3166 counts with another territory."""


@pytest.fixture(scope="module")
def cultures() -> Cultures:
    return Cultures.load()


def table(name: str) -> dict[str, dict[str, object]]:
    return tomllib.loads((Path(module.__file__).parent / f"{name}.toml").read_text("utf-8"))


def test_sectors_have_a_fixed_order(cultures: Cultures) -> None:
    assert cultures.sectors == SECTORS


def test_every_sector_has_representatives(cultures: Cultures) -> None:
    for sector in SECTORS:
        assert len(cultures.representatives(sector)) >= 3
        assert all(one.sector == sector for one in cultures.representatives(sector))
    first = {sector: cultures.representatives(sector)[0].id for sector in SECTORS}
    assert list(first.values()) == ["US", "BR", "NG", "EG", "IN", "CN", "ID", "quechua"]


def test_the_promised_cultures_are_curated(cultures: Cultures) -> None:
    curated = [culture.id for culture in cultures]
    assert len(curated) == len(set(curated)) >= 30
    assert set(BLEND) | set(ALSO) <= set(curated)
    assert all(culture.curated for culture in cultures)


def test_every_territory_of_iso_3166_has_exactly_one_sector(cultures: Cultures) -> None:
    territories = {one for one in Locale("en").territories if len(one) == 2 and one.isalpha()}
    territories -= NO_TERRITORY | EXCEPTIONALLY_RESERVED
    listed = " ".join(str(one) for one in table("sectors")["territories"].values()).split()
    assert len(listed) == len(set(listed))
    assert set(listed) == territories
    assert {cultures.get(one).sector for one in territories} == set(SECTORS)


def test_curated_territories_stand_in_the_sector_of_their_territory(cultures: Cultures) -> None:
    sector_of = {
        one: sector
        for sector, listed in table("sectors")["territories"].items()
        for one in str(listed).split()
    }
    for culture in cultures:
        if culture.id[0].isupper():
            assert culture.sector == sector_of[culture.id.split("-")[0]], culture


def test_languages_are_tags_that_cldr_or_iso_639_can_spell(cultures: Cultures) -> None:
    for culture in cultures:
        assert culture.languages
        assert len(set(culture.languages)) == len(culture.languages)
        for tag in culture.languages:
            parsed = parse_tag(tag)
            assert parsed is not None
            assert str(parsed) == tag, f"{culture.id}: {tag} is {parsed} in CLDR"


def test_derived_territories_come_from_cldr(cultures: Cultures) -> None:
    belgium = cultures.get("BE")
    assert belgium == Culture("BE", "western", ("nl", "fr", "de"), curated=False)
    assert belgium.name("fr") == "Belgique"
    assert cultures.get("NO").languages == ("no",)  # nb and nn inherit from no
    assert cultures.get("AQ").languages == ("en",)  # nobody lives there
    assert cultures.get("BE") is not None
    assert "BE" in cultures
    assert "be" not in cultures


def test_every_territory_has_languages_and_a_name(cultures: Cultures) -> None:
    for one in str(table("sectors")["territories"]["western"]).split():
        culture = cultures.get(one)
        assert culture.languages
        assert culture.name("en") != one


def test_names_fall_back_to_english(cultures: Cultures) -> None:
    assert cultures.get("JP").name("ja") == "日本"
    assert cultures.get("JP").name("pt-BR") == "Japão"
    assert cultures.get("TW").name("zh-TW") == "台灣"
    assert cultures.get("JP").name("nv") == "Japan"
    assert cultures.get("JP").name("not a tag") == "Japan"
    assert cultures.get("IN-AS").name("as") == "অসম"
    assert cultures.get("IN-AS").name("sw") == "Assam"
    assert cultures.get("sami").name("nb") == "samer"


def test_what_cldr_cannot_name_has_names(cultures: Cultures) -> None:
    areas = cultures.area_names()
    nameless = {culture.id for culture in cultures if not (len(culture.id) == 2 and culture.id.isupper())}
    assert set(areas) == nameless == set(table("names"))
    large = {"en", "es", "fr", "de", "ar", "zh", "ja", "hi", "ru", "pt"}
    for id_, names in areas.items():
        assert large <= set(cultures.get(id_).names), id_
        assert len(names) == len(set(names))
    assert "Sápmi" in areas["sami"]
    assert "also" not in cultures.get("sami").names


@pytest.mark.parametrize(
    ("tag", "home"),
    [
        ("ja", "JP"),
        ("pt-BR", "BR"),
        ("pt_BR", "BR"),
        ("ar", "arab-world"),
        ("ar-001", "arab-world"),
        ("ar-EG", "EG"),
        ("qu", "quechua"),
        ("ckb", "kurdish"),
        ("ku-TR", "TR"),
        ("su", "ID-JB"),
        ("as", "IN-AS"),
        ("ha", "hausa"),
        ("ha-NG", "NG"),
        ("mi", "maori"),
        ("tl", "PH"),
        ("iw", "IL"),
        ("zh", "CN"),
        ("zh-Hant", "TW"),
        ("pa-Arab", "PK"),
        ("und-JP", "JP"),
        ("ja-JP-u-ca-japanese", "JP"),
        ("en-AU", "AU"),
        ("en", None),
        ("es", None),
        ("es-419", None),
        ("pt", None),
        ("fr", None),
        ("yi", None),
        ("und", None),
        ("xx", None),
        ("en-ZZ", None),
        ("", None),
        ("no tag", None),
    ],
)
def test_of_language(cultures: Cultures, tag: str, home: str | None) -> None:
    found = cultures.of_language(tag)
    assert (found.id if found else None) == home


def test_homes_of_languages_are_given_once(cultures: Cultures) -> None:
    rows = [(id_, row) for group in table("cultures").values() for id_, row in group.items()]
    given = [tag for _, row in rows for tag in row.get("home_of", ())]  # type: ignore[attr-defined]
    assert len(given) == len(set(given))


def test_world_languages_are_official_in_three_sectors(cultures: Cultures) -> None:
    sectors = defaultdict(set)
    for listed in table("sectors")["territories"].values():
        for territory in str(listed).split():
            for tag in get_official_languages(territory, de_facto=True):
                sectors[tag].add(cultures.get(territory).sector)
    world = {tag for tag, where in sectors.items() if len(where) >= 3}
    assert world == set(table("sectors")["languages"]["world"])  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("asked", "near"),
    [("UK", "GB"), ("jp", "JP"), ("japn", "JP"), ("turkey", "TR"), ("Maori", "maori"), ("US-CA", "US")],
)
def test_an_unknown_culture_is_answered_with_near_ones(cultures: Cultures, asked: str, near: str) -> None:
    with pytest.raises(UnknownCulture) as caught:
        cultures.get(asked)
    assert caught.value.near[0] == near
    assert near in str(caught.value)


def test_an_unknown_culture_may_resemble_none(cultures: Cultures) -> None:
    with pytest.raises(UnknownCulture) as caught:
        cultures.get("qqqqqqq")
    assert caught.value.near == ()


def test_cultures_are_built_from_data() -> None:
    facts = SectorFacts({"JP": "east"}, frozenset(), "en")
    ainu = Culture("ainu", "east", ("ain",), True, names={"en": "Ainu", "ja": "アイヌ民族"})
    small = Cultures([ainu], ["east"], facts, {"ain": "ainu"})
    assert list(small) == [ainu]
    assert small.of_language("ain") == ainu
    assert small.of_language("ko") is None
    assert small.get("ainu").name("ja") == "アイヌ民族"
    assert small.representatives("nowhere") == ()


def test_names_of_languages() -> None:
    assert language_name("zh-Hant", "en") == "Traditional Chinese"
    assert language_name("nv", "en") == "Navajo"
    assert language_name("ja", "zh-TW") == "日文"
    assert language_name("nan", "xx") == "Min Nan Chinese"
    assert language_name("qqq", "en") == "qqq"


def test_fallbacks() -> None:
    assert fallbacks("zh-TW")[-2:] == ("zh-Hant", "zh")
    assert fallbacks("nb-NO")[-2:] == ("nb", "no")
    assert fallbacks("tl") == ("tl", "fil")
    assert fallbacks("c++") == ("c++",)
