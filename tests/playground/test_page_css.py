"""The colours: words can be read in light and in dark (WCAG AA, 4.5 to 1)."""

import re
from pathlib import Path

import pytest

import playground

CSS = (Path(playground.__file__).parent / "page.css").read_text("utf-8")
PAIRS = [
    ("ink", "paper"),
    ("ink", "card"),
    ("ink", "mark"),
    ("ink", "alarm-wash"),
    ("soft", "paper"),
    ("soft", "card"),
    ("soft", "wash"),
    ("soft", "mark"),
    ("soft", "alarm-wash"),
    ("alarm", "alarm-wash"),
    ("on-accent", "accent"),
    *((f"hue{number}", "card") for number in range(8)),
]


def colours(block: str) -> dict[str, str]:
    found = re.search(rf"^{re.escape(block)} {{(.*?)}}", CSS, re.DOTALL | re.MULTILINE)
    assert found
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", found[1]))


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("block", [":root, .light", ".dark"])
@pytest.mark.parametrize(("front", "back"), PAIRS)
def test_words_stand_out(block: str, front: str, back: str) -> None:
    known = colours(block)
    low, high = sorted((luminance(known[front]), luminance(known[back])))
    assert (high + 0.05) / (low + 0.05) >= 4.5, (known[front], known[back])


def test_nothing_is_fetched() -> None:
    assert not re.search(r"url\(|@import|@font-face", CSS)
