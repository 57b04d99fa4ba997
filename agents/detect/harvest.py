"""What `training.names` harvested for the gazetteer, and how far it is trusted.

It lists all there is, known or not: its names must be longer, need their capital more often, and give way to
all others.

Only `build_gazetteer` and `training.names` need this, in a checkout: the harvest is no part of the package.
"""

import gzip
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from agents.detect.cldr import Sourced, shares
from agents.detect.tables import cells, rows

WIDE = Path(__file__).parents[2] / "training" / "names.tsv.gz"
WIDE_SMALL = 8  # the same for names that many have never heard
# Shorter names than this are left out of the harvest: too many are words of some language.
SHORTEST_WIDE = {"Latn": 5, "Cyrl": 5, "Grek": 5, "Arab": 5, "Hebr": 5, "Hani": 2, "Hang": 3}
SHORTEST_ELSEWHERE = 5
# `Scripts` counts kana as Han. Two Han letters name a place of these homes alone.
KANA, HIRAGANA, SHORTEST_KANA = re.compile("[ぁ-ヿ]"), re.compile("[ぁ-ゟ]"), 4
HAN_HOMES, SHORTEST_ABROAD = frozenset(["CN", "TW", "JP", "KR", "KP", "HK", "MO"]), 3
UNKNOWN = "und"  # the locale of names whose language their source does not tell
STACKING = "tnhs"  # classes of inflection that such a name in Latin letters has, if it is long enough
LONG = 6
LEAST = 0.2  # part of a shared name from which a culture of the harvest bears it
UNIT = 1_000_000.0  # inhabitants that a subdivision, whose number is not known, counts for


def wide_names() -> Iterator[Sourced]:
    """What was harvested, and the festivals of `specifics.tsv`. FileNotFoundError without a checkout."""
    for kind, culture, names in rows("specifics"):
        if kind == "festival":
            for one, weight in shares(culture):
                yield from (
                    Sourced(text, UNKNOWN, "holiday", one, weight, wide=True) for text in cells(names)
                )
    for line in gzip.decompress(WIDE.read_bytes()).decode().splitlines():
        if not line.startswith("#"):
            locale, kind, culture, names = line.split("\t")
            for one, weight in shares(culture):
                yield from (Sourced(text, locale, kind, one, weight, wide=True) for text in cells(names))


def shortest_wide(name: Sourced, script: str) -> int:
    """Letters that a harvested name needs at least, in its script (ISO 15924)."""
    if name.kind == "holiday":  # chosen by hand
        return 0
    if script == "Hani" and HIRAGANA.fullmatch(name.text[:1]):
        return sys.maxsize
    if script == "Hani" and KANA.match(name.text):
        return SHORTEST_KANA
    if script == "Hani" and name.culture not in HAN_HOMES:
        return SHORTEST_ABROAD
    return SHORTEST_WIDE.get(script, SHORTEST_ELSEWHERE)
