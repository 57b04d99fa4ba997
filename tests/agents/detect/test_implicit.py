"""Implicit cues: found in many scripts and as languages inflect them; sound tables; silence elsewhere."""

import time
import unicodedata
from collections import Counter

import pytest

from agents.cultures.cultures import Cultures
from agents.detect.cldr import shares
from agents.detect.fold import fold
from agents.detect.implicit import TABLES, Cues
from agents.detect.situations import TOGETHER, Situations, closest, languages
from agents.detect.tables import cells, rows

KINDS = {
    "address", "belief", "craft", "custom", "dish", "dress", "festival", "game", "gift", "institution", "kin",
    "livelihood", "media", "music", "rite", "saying",
}  # fmt: skip


@pytest.fixture(scope="module")
def cues():
    return Cues()


@pytest.mark.parametrize(
    ("text", "language", "culture"),
    [
        ("wie groß soll die Schultüte sein?", "de", "DE"),
        ("bei der Trauerfeier mit Leichenschmaus", "de", "DE"),
        ("kına gecesinde ne giyilir", "tr", "TR"),
        ("babaannemin elini öpmedim", "tr", "TR"),
        ("Mitä viedään rippijuhliin?", "fi", "FI"),
        ("na wigilii u teściowej", "pl", "PL"),
        ("ile do koperty na poprawinach", "pl", "PL"),
        ("кто ведёт выкуп невесты и каравай", "ru", "RU"),
        ("на святвечір готуємо кутю", "uk", "UA"),
        ("στο μνημόσυνο με κόλλυβα", "el", "GR"),
        ("في ليلة شم النسيم", "ar", "EG"),
        ("برای بله‌برون و سفره عقد", "fa", "IR"),
        ("करवा चौथ का व्रत", "hi", "IN"),
        ("গায়ে হলুদের অনুষ্ঠানে", "bn", "BD"),
        ("சீமந்தம் எப்போது", "ta", "IN"),
        ("香典はいくら包みますか", "ja", "JP"),
        ("결혼식 축의금은 얼마가 적당해요?", "ko", "KR"),
        ("同学婚礼要随份子吗", "zh", "CN"),
        ("mẹ chồng chuẩn bị mâm cỗ ngày giỗ", "vi", "VN"),
        ("ใส่ซองงานแต่งเท่าไหร่", "th", "TH"),
        ("kapan acara siraman dan midodareni", "id", "ID"),
        ("mshenga alipeleka barua ya posa", "sw", "TZ"),
        ("ጥሎሽ ስንት ነው", "am", "ET"),
        ("what do I bring to a tangihanga", "en", "maori"),
        ("my grandmother left quilts; we held a nine night", "en", "JM"),
        ("sizdah bedar picnic", "en", "IR"),
    ],
)
def test_finds_whose_culture_is_meant(cues, text, language, culture):
    weights = Counter()
    for one in cues.find(text, language=language):
        weights[one.culture] += one.weight
        assert text[one.start : one.end] == one.text
    assert weights.most_common(1)[0][0] == culture


def test_what_was_decomposed_is_found_too(cues):
    text = unicodedata.normalize("NFD", "ở nhà ăn bún bò huế")
    assert {one.culture for one in cues.find(text, language="vi")} == {"VN"}


def test_names_of_both_tables_are_cues(cues):
    found = {(one.culture, one.kind) for one in cues.find("hanbok and sebaetdon", language="en")}
    assert found == {("KR", "practice"), ("KR", "gift")}


def test_a_situation_is_made_of_common_words(cues):
    found = cues.find("My mother-in-law expects a red envelope.", language="en")
    assert {one.kind for one in found} == {"situation"}
    assert found[0].text == "red envelope"
    assert max(found, key=lambda one: one.weight).culture == "CN"
    assert sum(one.weight for one in found) == pytest.approx(1)
    assert cues.find("The envelope was white. The car was red?", language="de") == ()


def test_the_words_of_a_situation_stand_close_together():
    situations = Situations([("CN", "*", "red|crimson+envelope*"), ("JP", "en", "tooth+roof")])
    assert [one.text for one in situations.find("an envelope, red", language="fi")] == ["envelope, red"]
    assert situations.find("red " + "word " * (TOGETHER // 5) + "envelope") == ()
    assert situations.find("a tooth", language="en") == ()


def test_a_situation_is_nearly_told_by_all_words_but_one():
    told = [
        ("CN=0.6,TW=0.4", "en", "red+envelope*+wedding"),
        ("JP", "en", "tooth+roof"),
        ("FR", "en", "a+b+c+d"),
    ]
    situations = Situations(told + [("IN", "en", f"one{number}+common") for number in range(300)])
    far = "red " + "word " * 60 + "envelope"
    assert situations.nearly("red", language="en") == {}
    assert situations.nearly("a b", language="en") == {}, "two of four are too few"
    guess = situations.nearly(far, language="en")[0]
    assert guess.words == 2
    assert [(one.culture, one.weight, one.text) for one in guess.mentions] == [
        ("CN", 0.6, far),
        ("TW", 0.4, far),
    ]
    assert situations.nearly("a tooth on the roof, b and c", language="en").keys() == {1, 2}


def test_words_of_many_situations_nearly_tell_none():
    both = [("IN", "en", f"funeral+wear+thing{number}") for number in range(100)]
    situations = Situations([*both, ("GH", "en", "funeral+wear+kente"), ("JP", "en", "tooth+roof+child")])
    assert situations.nearly("What to wear to a funeral?", language="en") == {}
    assert situations.nearly("A tooth on the roof", language="en") == {}, "a hundred situations are few"
    more = [("IN", "en", f"one{number}+common") for number in range(300)]
    situations = Situations([*both, ("JP", "en", "tooth+roof+child"), *more])
    assert situations.nearly("What to wear to a funeral, a tooth on the roof", language="en").keys() == {100}


def test_customs_that_are_nearly_told_have_their_numbers(cues):
    number, told = next((number, words) for number, words in rows("customs_de") if words.count("+") == 2)
    first, second, _ = (cells(either)[0].rstrip("*") for either in told.split("+"))
    assert cues.nearly(f"{first} und {second}", language="de")[number].words == 2
    assert cues.nearly(f"{first} und {second}", language="xh") == {}
    assert cues.nearly(f"{first} und {second}") == {}


def test_phrases_may_have_open_words():
    situations = Situations([("RU", "ru", "бумажн* корон*+рождеств*")])
    found = situations.find("На Рождество мы надели бумажную корону.", language="ru")
    assert [one.text for one in found] == ["Рождество мы надели бумажную корону"]
    assert situations.find("На Рождество бумажную салфетку и корону.", language="ru") == ()
    closed = Situations([("FR", "fr", "couronne* en papier+noël")])
    assert closed.find("des couronnes en papier à Noël", language="fr")
    assert closed.find("des couronnes en papiers à Noël", language="fr") == ()
    assert closest([(0, 3, 0), (50, 53, 0), (60, 66, 1)], 2) == (50, 66)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I ate my sandwich and said hiya to Emma", "en"),
        ("Juan compró un turno completo con el doctor", "es"),
        ("Das Kind hat drei Äpfel", "de"),
        ("hesabın çeyrek kısmı", "tr"),
        ("un solo buy son", "it"),
        ("", None),
        ("\ud800 \u202e 🎉", None),
    ],
)
def test_common_words_are_no_cues(cues, text, language):
    assert cues.find(text, language=language) == ()


def test_a_word_counts_only_in_its_languages(cues):
    assert {one.culture for one in cues.find("dalam adat sunda: punten", language="su")} == {"ID-JB"}
    assert not cues.find("punten", language="es")
    assert not cues.find("punten")


def test_a_huge_text_is_bounded(cues):
    text = "hanbok red envelope 香典 " * 10_000
    began = time.perf_counter()
    assert cues.find(text, language="en")
    assert time.perf_counter() - began < 2.0  # 0.2 s on an idle core


def test_the_tables_are_sound():
    cultures = Cultures.load()
    for table in TABLES:
        for kind, share, listed, *limit in rows(table):
            assert table != "cues" or kind in KINDS, kind
            parts = [part for _, part in shares(share)]
            assert all(culture in cultures for culture, _ in shares(share)), share
            assert None in parts or sum(filter(None, parts)) == pytest.approx(1), share
            assert all(name == name.strip() and len(name) > 1 for name in cells(listed)), listed
            assert all(2 <= len(tag) <= 3 for one in limit for tag in cells(one.removeprefix("!"))), limit


def test_nothing_is_written_twice():
    seen = Counter(name for table in TABLES for _, _, listed, *_ in rows(table) for name in cells(listed))
    assert [name for name, times in seen.items() if times > 1] == []
    own = Counter(fold(name) for _, _, listed, *_ in rows("cues") for name in cells(listed))
    assert [name for name, times in own.items() if times > 1] == []


def test_situations_are_sound():
    cultures = Cultures.load()
    for share, language, needs in rows("situations"):
        parts = [part for _, part in shares(share)]
        assert all(culture in cultures for culture, _ in shares(share)), share
        assert None in parts or sum(filter(None, parts)) == pytest.approx(1), share
        assert language == "*" or len(language) == 2
        assert len(needs.split("+")) > 1
        assert all(cells(either) for either in needs.split("+")), needs


def test_customs_are_sound():
    cultures = Cultures.load()
    numbers = [number for number, *_ in rows("customs")]
    assert len(numbers) == len(set(numbers)) >= 500
    for _, share, ingredients, what in rows("customs"):
        assert all(culture in cultures for culture, _ in shares(share)), share
        assert sum(part or 1 for _, part in shares(share)) == pytest.approx(1), share
        assert ingredients
        assert what


@pytest.mark.parametrize("language", languages())
def test_customs_are_told_in_each_language(language):
    told = rows(f"customs_{language}")
    assert len(told) >= 500
    assert {number for number, _ in told} <= {number for number, *_ in rows("customs")}
    for number, needs in told:
        ingredients = needs.split("+")
        assert 2 <= len(ingredients) <= 5, (number, needs)
        for either in ingredients:
            assert cells(either), (number, needs)
            assert all(word == word.strip() and word.rstrip("*") for word in cells(either)), (number, needs)
            parts = [part for word in cells(either) for part in word.split()]
            assert not any("*" in part[:-1] for part in parts), (number, needs)


def test_many_cultures_have_cues_and_no_sector_is_poor():
    cultures = Cultures.load()
    names, sectors = Counter(), Counter(dict.fromkeys(cultures.sectors, 0))
    for _, share, listed, *_ in rows("cues"):
        for culture, _ in shares(share):
            names[culture] += len(cells(listed))
        sectors[cultures.get(shares(share)[0][0]).sector] += len(cells(listed))
    assert len(names) >= 90
    assert sum(count >= 12 for count in names.values()) >= 60
    assert 5 * min(sectors.values()) >= max(sectors.values()), sectors


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("controls/gsm8k_test.jsonl", "prompt"),
        ("controls/mmlu_stem_subset.jsonl", "prompt"),
        ("controls/mgsm_11lang.jsonl", "prompt"),
        ("controls/ifeval.jsonl", "prompt"),
    ],
)
def test_texts_that_are_not_cultural_hold_few_cues(cues, development_rows, name, column):
    listed = development_rows(name)
    hits = [row[column] for row in listed if cues.find(row[column], language=row.get("lang", "en"))]
    assert 100 * len(hits) <= len(listed), hits
