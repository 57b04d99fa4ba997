"""Checkable names: found in many scripts, balanced over the sectors, and out of the way of other texts."""

import unicodedata
from collections import Counter

import pytest

from agents.cultures.cultures import Cultures
from agents.detect.cldr import shares
from agents.detect.mentions import Mention
from agents.detect.specifics import Specifics, longest
from agents.detect.tables import cells, rows

KINDS = {"practice", "text", "person", "festival", "dish", "place", "institution"}


@pytest.fixture(scope="module")
def specifics():
    return Specifics()


@pytest.mark.parametrize(
    ("text", "culture", "kind"),
    [
        ("the Day of the Dead in town", "MX", "festival"),
        ("el Dia de los Muertos", "MX", "festival"),
        ("DAY OF THE DEAD", None, None),
        ("a song by Chinua Achebe's friend", "NG", "person"),
        ("وقرأ ألف ليلة وليلة", "arab-world", "text"),
        ("في الأزهر الشريف", "EG", "institution"),
        ("春節快樂", None, None),
        ("她喜欢京剧", "CN", "practice"),
        ("추석에는", None, None),
        ("한복을 입는다", "KR", "practice"),
        ("ரமணி திருக்குறள் படித்தாள்", "IN", "text"),
        ("Ngaben na omo", "ID", "practice"),
        ("ở nhà ăn Tết", "VN", "festival"),
        (unicodedata.normalize("NFD", "ở nhà ăn Tết"), "VN", "festival"),
        ("на Масленицу", "RU", "festival"),
        ("በጥምቀት ቀን", "ET", "festival"),
        ("the Harambee spirit, harambee", "KE", "practice"),
        ("Uluru", "aboriginal-australian", "place"),
    ],
)
def test_finds_names_as_they_are_written(specifics, text, culture, kind):
    found = {(one.culture, one.kind) for one in specifics.find(text)}
    if culture:
        assert found == {(culture, kind)}
    else:
        assert len({(one.start, one.end) for one in specifics.find(text)}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a day in may",
        "iliad the cat",
        "he is holi",
        "prefixObonsuffix",
        "marathon",
        "kimchijar7",
        "tet",
        "",
        "𝕬",
    ],
)
def test_parts_of_words_and_small_names_are_none(specifics, text):
    assert specifics.find(text) == ()


def test_a_name_shared_is_shared_in_parts(specifics):
    found = specifics.find("Lunar New Year")
    assert len({(one.start, one.end) for one in found}) == 1
    assert sum(one.weight for one in found) == pytest.approx(1)
    assert {"CN", "VN", "KR"} <= {one.culture for one in found}


def test_the_longer_of_two_stays_and_the_specific_of_two_alike():
    def name(start, end, kind):
        return Mention("", start, end, "JP", kind, 1.0)

    short, long, alike = name(0, 5, "people"), name(3, 12, "dish"), name(3, 12, "city")
    assert longest([short], [long]) == [long]
    assert longest([alike], [long]) == [long]
    # the dish gives way to the longer city, and the people, which only the dish overlapped, stays
    city = name(8, 30, "city")
    assert longest([short, city], [long]) == [short, city]


def test_the_table_is_sound():
    cultures = Cultures.load()
    seen = Counter()
    for kind, share, listed in rows("specifics"):
        parts = [part for _, part in shares(share)]
        assert kind in KINDS
        assert all(culture in cultures for culture, _ in shares(share)), share
        assert None in parts or sum(filter(None, parts)) == pytest.approx(1), share
        seen.update(cells(listed))
        assert all(name == name.strip() and len(name) > 1 for name in cells(listed)), listed
    assert [name for name, times in seen.items() if times > 1] == []


@pytest.mark.parametrize("counted", ["rows", "names", "Latin names"])
def test_no_sector_has_fewer_than_half_the_entries_of_another(counted):
    cultures = Cultures.load()
    entries = Counter(dict.fromkeys(cultures.sectors, 0))
    for _, share, listed in rows("specifics"):
        culture = max(shares(share), key=lambda one: one[1] or 1)[0]
        names = [one for one in cells(listed) if counted == "names" or "LATIN" in unicodedata.name(one[0])]
        entries[cultures.get(culture).sector] += 1 if counted == "rows" else len(names)
    assert len(entries) == 8
    assert 2 * min(entries.values()) >= max(entries.values()), entries
    assert min(entries.values()) >= 50


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("detection_mix/detection_mix.jsonl", "text"),
        ("controls/gsm8k_test.jsonl", "prompt"),
        ("controls/mmlu_stem_subset.jsonl", "prompt"),
    ],
)
def test_texts_that_are_not_cultural_name_none(specifics, development_rows, name, column):
    texts = [row[column] for row in development_rows(name) if not row.get("expected_cultural")]
    hits = [one.text for text in texts for one in specifics.find(text)]
    assert 1000 * len(hits) <= len(texts), hits
