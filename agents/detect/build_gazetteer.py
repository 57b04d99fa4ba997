"""Builds `data/gazetteer.tsv.gz` from CLDR, the tables in `data/` and what `training.names` harvested.

`python -m agents.detect.build_gazetteer`, in a checkout: the harvest is no part of the package. The file says
which babel it was built with; the same babel, tables and harvest give the same file.
"""

import gzip
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import babel

from agents.detect.cldr import Sourced, cldr_names, shares
from agents.detect.fold import fold
from agents.detect.gazetteer import ANYBODY, Name
from agents.detect.harvest import (
    LEAST,
    LONG,
    STACKING,
    UNIT,
    UNKNOWN,
    WIDE_SMALL,
    shortest_wide,
    wide_names,
)  # fmt: skip
from agents.detect.inflection import ARTICLE, ENGLISH, Inflection
from agents.detect.script import Scripts
from agents.detect.tables import DATA, cells, rows

# The stronger kind first: one culture's name is stored once.
KINDS = ("territory", "area", "people", "city", "subdivision", "religion", "holiday", "language")
# Shorter names than this (letters, by ISO 15924 script) are left out, unless people wrote them down.
SHORTEST = {"Latn": 4, "Hani": 2, "Hang": 2, "Thai": 5, "Laoo": 5, "Khmr": 5, "Mymr": 5, "Tibt": 5}
SHORTEST_LANGUAGE = {"Arab": 6, "Hebr": 5, "Deva": 4, "Beng": 4}
# Scripts in which countries alone are listed: few texts on the net use them, and their names fill the file.
COUNTRIES_ONLY = frozenset(["Adlm", "Cakm", "Cher", "Mong", "Nkoo", "Olck", "Syrc", "Tfng", "Vaii", "Yiii"])
# Where people often type names without capitals, and enough of them read these tables.
TYPED_SMALL = frozenset(
    {
        "en", "es", "fr", "de", "pt", "it", "nl", "sv", "da", "nb", "fi", "pl", "cs", "ro", "hu", "tr", "id",
        "ms", "vi", "sw", "fil", "ru", "uk", "bg", "el",
    }
)  # fmt: skip
SMALL = 5  # letters that a name needs to be known without its capital


@dataclass(slots=True)
class Entry:
    """What all sources say of one name of one culture. `claims`: (authority, part in the name)."""

    kind: str
    claims: set[tuple[int, float]] = field(default_factory=set)
    solid: bool = False
    small: bool = False
    exact: str = ""
    classes: set[str] = field(default_factory=set)

    def hear(self, name: Sourced, text: str, key: str) -> None:
        """Takes in what one source says; `text` as it writes the name, `key` folded."""
        self.kind = min(self.kind, name.kind, key=KINDS.index)
        self.claims |= {(_authority(name), name.weight)} if name.weight else set()
        if len(key) <= 3 and text != text.lower():
            self.exact = text
        self.solid |= name.by_hand or name.wide or name.kind in {"territory", "city"}
        self.small |= _known_small(name, text, key)


def hand_names() -> Iterator[Sourced]:
    """The names of `demonyms.tsv`, `countries.tsv`, `regions.tsv` and `places.tsv`."""
    for locale, culture, names in rows("demonyms"):
        kind = "area" if culture.islower() else "people"
        yield from _of_cell(locale, kind, culture, names)
    for locale, culture, names in rows("countries"):
        for one, weight in shares(culture):
            yield from _of_cell(locale, "area" if one.islower() else "territory", one, names, weight)
    for locale, culture, names in rows("regions"):
        for one, weight in shares(culture):
            yield from _of_cell(locale, "area" if one.islower() else "subdivision", one, names, weight)
    for kind, culture, names in rows("places"):
        for one, weight in shares(culture):
            yield from _of_cell("en", "area" if one.islower() else kind, one, names, weight)


def faith_names() -> Iterator[Sourced]:
    """The religions and feasts of `faiths.tsv`, and the festivals that `specifics.tsv` lists."""
    for kind, locale, culture, names in rows("faiths"):
        for one, weight in shares(culture.replace("-", ANYBODY)):
            yield from _of_cell(locale, kind, one, names, weight)


def _of_cell(
    locale: str, kind: str, culture: str, names: str, share: float | None = None
) -> Iterator[Sourced]:
    for cell in cells(names):
        text, _, weight = cell.partition("=")
        yield Sourced(text, locale, kind, culture, float(weight) if weight else share, by_hand=True)


def merge(names: Iterable[Sourced]) -> dict[str, dict[str, Entry]]:
    """Folded name -> culture id -> entry. Names too short to trust are gone."""
    script_of, inflection = cache(Scripts().main), Inflection()
    merged: dict[str, dict[str, Entry]] = defaultdict(dict)
    taken: frozenset[str] | None = None
    common = {fold(word) for _, words in rows("common") for word in cells(words)}
    for name in names:
        text = unicodedata.normalize("NFC", name.text).strip()
        key = fold(text)
        script = script_of(text)
        if not script or (len(key) < _shortest(name, script) and not name.by_hand):
            continue
        if name.wide:
            taken = frozenset(merged) if taken is None else taken
            if key in taken and name.culture in merged[key]:
                merged[key][name.culture].classes |= _classes(name, key, script, inflection)
            if key in taken or key in common:
                continue
        entry = merged[key].setdefault(name.culture, Entry(name.kind))
        entry.hear(name, text, key)
        entry.classes |= _classes(name, key, script, inflection)
    for key in merged.keys() - (taken or merged.keys()):
        merged[key] = _apportioned(merged[key])
    return merged


def _classes(name: Sourced, key: str, script: str, inflection: Inflection) -> frozenset[str]:
    if name.locale != UNKNOWN:
        return inflection.classes(name.locale)
    stacking = STACKING if script == "Latn" and len(key) >= LONG else ""
    return inflection.at_home(script) | {ENGLISH, *stacking}


def _apportioned(entries: dict[str, Entry]) -> dict[str, Entry]:
    """The bearers of a harvested name, each with its part, those with little of it left out."""
    heard = {
        culture: max((part for _, part in entry.claims), default=UNIT) for culture, entry in entries.items()
    }
    whole = sum(heard.values())
    kept = {culture: entries[culture] for culture, weight in heard.items() if weight >= LEAST * whole}
    whole = sum(heard[culture] for culture in kept)
    for culture, entry in kept.items():
        entry.claims = {(1, round(heard[culture] / whole, 2))} if len(kept) > 1 else set()
    return kept or entries


def _shortest(name: Sourced, script: str) -> int:
    least = SHORTEST.get(script, 3)
    if name.wide:
        return max(least, shortest_wide(name, script))
    if script in COUNTRIES_ONLY and name.kind != "territory":
        return sys.maxsize
    return max(least, SHORTEST_LANGUAGE.get(script, 0)) if name.kind == "language" else least


def _known_small(name: Sourced, text: str, key: str) -> bool:
    """Whether the name counts in lower case: its source writes it so, or it is long and commonly typed so."""
    if name.wide:
        return len(key) >= WIDE_SMALL or text[0] == text[0].lower()
    if len(key) < SMALL:
        return name.by_hand and text == text.lower()
    return text[0] == text[0].lower() or name.by_hand or name.locale.partition("_")[0] in TYPED_SMALL


def _authority(name: Sourced) -> int:
    """Whose word on shared names counts: a person's most; that of a language nothing where more is known."""
    return 2 if name.by_hand else int(name.kind != "language")


def settle(entries: dict[str, Entry]) -> dict[str, tuple[Entry, float]]:
    """Culture id -> (entry, its part in the name). What CLDR only implies gives way to what is said."""
    solid = {culture: entry for culture, entry in entries.items() if entry.solid}
    kept = solid or entries
    claims = {
        culture: [one for one in entry.claims if one[0] or not solid] for culture, entry in kept.items()
    }
    claimed = {culture: max(heard)[1] for culture, heard in claims.items() if heard}
    rest = (1.0 if not claimed else max(0.0, 1.0 - sum(claimed.values()))) / max(1, len(kept) - len(claimed))
    weighed = {culture: (entry, claimed.get(culture, rest)) for culture, entry in kept.items()}
    return {culture: pair for culture, pair in weighed.items() if pair[1] > 0}


def lines(merged: dict[str, dict[str, Entry]]) -> Iterator[str]:
    """`culture id <TAB> kind <TAB> flags <TAB> names`, sorted; a name is `stem/ending`, folded."""
    inflection = Inflection()
    kept: dict[tuple[str, str], list[Name]] = defaultdict(list)
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for whole, entries in sorted(merged.items(), key=lambda item: (len(item[0]), item[0])):
        for culture, (entry, part) in settle(entries).items():
            name = _name(whole, culture, entry, part, inflection)
            if not _implied(whole, name, kept, inflection):
                kept[culture, name.stem].append(name)
                share = culture if part == 1 else f"{culture}={part:.2f}"
                flags = "S" * name.small + "X" * bool(name.exact) + "A" * name.article + name.classes
                cell = name.exact or f"{name.stem}/{name.ending}".removesuffix("/")
                groups[share, name.kind, flags].append(cell)
    for key, names in sorted(groups.items()):
        yield "\t".join((*key, "|".join(sorted(names))))


def _name(whole: str, culture: str, entry: Entry, part: float, inflection: Inflection) -> Name:
    stem, ending = inflection.stem(whole, sorted(entry.classes))
    article = stem.startswith(ARTICLE) and len(stem) > len(ARTICLE) + 2
    stem = stem.removeprefix(ARTICLE) if article else stem
    classes = "".join(sorted(entry.classes))
    return Name(stem, ending, classes, entry.kind, culture, part, entry.small, entry.exact, article)


def _implied(whole: str, name: Name, kept: dict[tuple[str, str], list[Name]], inflection: Inflection) -> bool:
    """Whether a kept name of the culture, inflected, already is this one, in all its languages."""
    if name.kind == "territory" or name.article or name.exact:
        return False
    for cut in range(3, len(whole)):
        for other in kept.get((name.culture, whole[:cut]), ()):
            same = other.small >= name.small and other.weight == name.weight and not other.article
            better = KINDS.index(other.kind) <= KINDS.index(name.kind) and set(name.classes) <= set(
                other.classes
            )
            fits = all(inflection.fits(whole[cut:], other.ending, one) for one in name.classes)
            if same and better and fits and name.classes:
                return True
    return False


def build() -> str:
    """The whole gazetteer as text, its head first."""
    head = (
        f"# babel {babel.__version__}; names from the Unicode CLDR (Unicode License V3) and from data/*.tsv",
        "# culture id (=its part) <TAB> kind <TAB> flags <TAB> names, parted by |, each stem/ending",
        "# flags: S lower case counts, X only as written, A stored without article; others: inflection.tsv",
    )
    return "\n".join(
        (*head, *lines(merge((*cldr_names(), *hand_names(), *faith_names(), *wide_names()))), "")
    )


def pack(text: str) -> bytes:
    """The text as it is kept: compressed, without a time stamp."""
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


if __name__ == "__main__":
    Path(str(DATA / "gazetteer.tsv.gz")).write_bytes(pack(build()))
