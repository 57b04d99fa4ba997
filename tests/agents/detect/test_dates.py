"""Years, calendar dates and sentences."""

from itertools import pairwise

import pytest

from agents.detect.dates import Dates, sentence_ends


@pytest.fixture(scope="module")
def dates():
    return Dates()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("in 1963, and from 1603-1868", ["1963", "1603"]),
        ("the 1960s (1968)", ["1960s", "1968"]),
        ("on 12 December 1963", ["12 December", "1963"]),
        ("on December 12, or the 3rd of May", ["December 12", "3rd of May"]),
        (
            "le 14 juillet, el 5 de mayo, 3. Oktober, 9 мая",
            ["14 juillet", "5 de mayo", "3. Oktober", "9 мая"],
        ),
        ("14/7/1789 and 2024-03-01", ["14/7/1789", "2024"]),
        ("سنة ١٩٥٦ و ۱۳۵۷", ["١٩٥٦", "۱۳۵۷"]),
        ("१५ अगस्त १९४७", ["१५ अगस्त", "१९४७"]),
        ("1868年、令和5年、7月4日", ["1868", "令和5年", "7月4日"]),
        ("1945년 8월 15일", ["1945", "8월 15일"]),
        ("พ.ศ. 2475 หรือปี1932", ["พ.ศ. 2475", "1932"]),
        ("in 44 BC", ["44 BC"]),
        ("12345, 3.1415, $1999, 2024%, 1,500, v1999, 1999m, 2500, 999, x_1999", []),
        ("may 5, Mayor 7", []),
    ],
)
def test_dates(dates, text, found):
    assert [text[start:end] for start, end in dates.find(text)] == found


def test_sentences_end_at_their_marks():
    text = "It is 3.5. Is it? 好。नमस्ते। سلام؟ ok\nend"
    ends = sentence_ends(text)
    pieces = [text[start:end].strip() for start, end in pairwise([0, *ends])]
    assert pieces == ["It is 3.5.", "Is it?", "好。", "नमस्ते।", "سلام؟", "ok", "end"]
    assert sentence_ends("") == [0]
    assert sentence_ends("a.") == [2]
