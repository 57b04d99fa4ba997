"""The table of swaps: what occurs in GSM8K, and what stands for it in each culture. `swaps.toml` is ours."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("female", "male", "neutral", "family")
"""Of names. A neutral one goes to a neutral one, unless the item's pronouns say who it is."""


class InvalidTable(ValueError):
    """The table of swaps contradicts itself; the message names the entry."""


@dataclass(frozen=True, slots=True)
class Occurring:
    """What occurs in GSM8K. `foods` maps a singular to its plural; `names` a name to its kind, family apart;
    `same` and `spellings` map a second form of a name or food to the first.
    """

    names: Mapping[str, str]
    family: frozenset[str]
    careful: frozenset[str]
    same: Mapping[str, str]
    foods: Mapping[str, str]
    spellings: Mapping[str, str]
    colours: frozenset[str]
    keep: tuple[str, ...]
    about_names: tuple[str, ...]
    about_festivals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CultureWords:
    """What one culture puts in the place of what occurs. `foods` maps a singular to singular and plural."""

    names: Mapping[str, tuple[str, ...]]
    foods: Mapping[str, tuple[str, str]]
    places: Mapping[str, str]
    festivals: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The whole table; `cultures` by territory code, in the order of the file."""

    occurring: Occurring
    cultures: Mapping[str, CultureWords]

    @classmethod
    def load(cls, path: Path | None = None) -> "Table":
        """Our table, or the one in `path`.

        Raises:
            InvalidTable: a culture swaps a food that does not occur, has one word for two, or a name twice.
        """
        with (path or Path(__file__).with_name("swaps.toml")).open("rb") as file:
            raw = tomllib.load(file)
        occurring = _occurring(raw.pop("occurs"))
        table = cls(occurring, {code: _words(rows) for code, rows in raw.items()})
        if faults := [f"{code}: {fault}" for code in raw for fault in table._faults(code)]:
            raise InvalidTable("; ".join(faults))
        return table

    @property
    def places(self) -> tuple[str, ...]:
        """All places that some culture swaps, sorted."""
        return tuple(sorted({place for words in self.cultures.values() for place in words.places}))

    @property
    def festivals(self) -> tuple[str, ...]:
        """All festivals that some culture swaps, sorted."""
        return tuple(sorted({one for words in self.cultures.values() for one in words.festivals}))

    def _faults(self, code: str) -> Iterable[str]:
        words = self.cultures[code]
        yield from (f"no such food: {food}" for food in words.foods if food not in self.occurring.foods)
        for form in (0, 1):
            twice = _twice(forms[form] for forms in words.foods.values())
            yield from (f"{food!r} stands for two foods" for food in twice)
        names = _twice(name for pool in words.names.values() for name in pool)
        yield from (f"{name!r} stands twice among the names" for name in names)


def _twice(values: Iterable[str]) -> list[str]:
    seen = list(values)
    return sorted({one for one in seen if seen.count(one) > 1})


def _occurring(rows: Mapping[str, Any]) -> Occurring:
    names, rules = rows["names"], rows["rules"]
    return Occurring(
        names={name: kind for kind in KINDS[:3] for name in names[kind].split()},
        family=frozenset(names["family"].split()),
        careful=frozenset(names["careful"].split()),
        same={other: first for first, *others in names["same"] for other in others},
        foods=rows["foods"],
        spellings=rows["spellings"],
        colours=frozenset(rules["colours"]),
        keep=tuple(rules["keep"]),
        about_names=tuple(rules["about_names"]),
        about_festivals=tuple(rules["about_festivals"]),
    )


def _words(rows: Mapping[str, Any]) -> CultureWords:
    return CultureWords(
        names={kind: tuple(rows["names"][kind].split()) for kind in KINDS},
        foods={food: (one, many) for food, (one, many) in rows.get("foods", {}).items()},
        places=rows.get("places", {}),
        festivals=rows.get("festivals", {}),
    )
