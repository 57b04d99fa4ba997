"""Years and calendar dates in a text, and where its sentences end; digits of any script.

A year is a number of four digits from 1000 to 2099 that stands alone, a Thai year after พ.ศ., a year of a
Japanese era, or a number before BC, BCE, CE or AD. A calendar date is a day and a month's name
(`data/months.tsv`), 7月4日, 7월 4일, or three numbers such as 14/7/1789. What a number counts is not asked:
"1500 people" is taken for a year.
"""

import re
from collections.abc import Iterator

from agents.detect.tables import cells, rows

YEARS = range(1000, 2100)
SENTENCE = re.compile(r"(?<![.!?…؟۔])[.!?…؟۔]+(?=\s|$)|[。！？।॥။።]|\n+")


class Dates:
    """Finds dates. Compiles its patterns once, when made."""

    def __init__(self) -> None:
        names = sorted(
            {name for _, listed in rows("months") for name in cells(listed)}, key=len, reverse=True
        )
        months = "|".join(re.escape(name) for name in names)
        joined = r"(?:st|nd|rd|th|er|[.ºª°])?[ \u00a0](?:of |de |d')?"
        self._dates = re.compile(
            rf"(?<!\d)\d{{1,2}}{joined}(?:{months})(?!\w)|(?<!\w)(?:{months}) \d{{1,2}}(?:st|nd|rd|th)?(?!\w)"
            r"|(?<!\d)\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]"
            r"|(?<![\d./-])\d{1,2}([./-])\d{1,2}\1\d{4}(?!\d)"
            r"|พ\.ศ\.\s?\d{4}|(?:明治|大正|昭和|平成|令和)(?:\d{1,2}|元)年"
            r"|(?<![\w.,])\d{1,4}\s(?:BCE?|CE|AD)(?!\w)"
            r"|(?<![\d.,:/$€£¥₹A-Za-z_-])(?P<year>\d{4})(?:s\b)?(?![\d%°A-Za-z_]|[.,:/]\d)"
        )

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yields where each date starts and ends in `text` (characters), in order; none overlap."""
        for match in self._dates.finditer(text):
            if match["year"] is None or int(match["year"]) in YEARS:
                yield match.span()


def sentence_ends(text: str) -> list[int]:
    """Where each sentence of `text` ends (characters), in order; the last one is the text's own end.

    A mark that ends a sentence is followed by a space; those of scripts without capitals need none. A line
    ends a sentence too. Abbreviations ("St. Louis") end one wrongly.
    """
    ends = [match.end() for match in SENTENCE.finditer(text)]
    return ends if ends and ends[-1] == len(text) else [*ends, len(text)]
