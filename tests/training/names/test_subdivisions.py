from pathlib import Path

import pytest

from training.names.subdivisions import Unit, listed_codes, plain, shared_words, spellings, type_words

UNITS = [
    *(Unit(f"tr{number}", (name, "ili")) for number, name in enumerate(["Ankara", "Bursa", "Sivas", "Van"])),
    *(Unit(f"{country}1", ("Northern", "Province")) for country in ("rw", "zm", "lk", "sl")),
    Unit("us1", ("New", "York")),
    Unit("us2", ("North", "Carolina")),
]


@pytest.mark.parametrize(
    ("unit", "names"),
    [
        (Unit("tr0", ("Ankara", "ili")), ["Ankara"]),
        (Unit("tr3", ("Van", "ili")), ["Van ili"]),
        (Unit("rw1", ("Northern", "Province")), []),
        (Unit("us1", ("New", "York")), ["New York"]),
        (Unit("us2", ("North", "Carolina")), ["North Carolina"]),
        (Unit("cn1", ("四川省",)), ["四川"]),
        (Unit("vn1", ("和平省",)), ["和平省"]),
        (Unit("th1", ("จังหวัดพิษณุโลก",)), ["พิษณุโลก"]),
    ],
)
def test_names_lose_the_word_for_province_where_what_is_left_is_one(unit: Unit, names: list[str]) -> None:
    assert list(spellings(unit, shared_words(UNITS), type_words(UNITS))) == names


def test_what_only_says_where_it_lies_is_no_name() -> None:
    assert plain(["Upper", "East", "Region"])
    assert not plain(["Upper", "Austria"])


def test_first_level_units_of_large_countries_are_listed(tmp_path: Path) -> None:
    (tmp_path / "supplemental").mkdir()
    (tmp_path / "supplemental" / "subdivisions.xml").write_text(
        "<a><subgroup type='DE' contains='deby'/><subgroup type='deby' contains='deby1'/>"
        "<subgroup type='LI' contains='li01'/><subgroup type='US' contains='usca uspr'/></a>"
    )
    assert listed_codes(tmp_path, {"DE": 80_000_000, "LI": 40_000, "US": 330_000_000}) == {"deby", "usca"}
