"""The score against cases worked out by hand."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents import Knowledge
from agents.pds import Reference, Score, companions, distribution, open_scorer, pool

LIST_ALL = "People differ: the French, Brazilians, Nigerians, Egyptians, Indians, Japanese, Thais and Navajo."
NEUTRAL = "Every family greets in its own way. Be kind, ask what people prefer, and listen with respect."
RICH = (
    "At Obon families in Kyoto visit graves; in 1970 Mexicans did on the Day of the Dead, and so do Kenyans."
)


def test_two_sectors_of_eight():
    score = distribution(["east-asian", "sub-saharan-african"], sectors=8)
    assert score.shares == {"east-asian": 0.5, "sub-saharan-african": 0.5}
    assert score.entropy == pytest.approx(math.log(2) / math.log(8))


def test_uneven_references():
    score = distribution(["a", "a", "a", "b"], sectors=4)
    assert score.entropy == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)) / math.log(4))


def test_what_each_sector_has_may_be_given():
    assert distribution({"a": 1.5, "b": 0.5}, sectors=4) == distribution(["a", "a", "a", "b"], sectors=4)


@pytest.mark.parametrize("sectors", range(2, 30))
def test_all_sectors_evenly_is_one_and_never_more(sectors):
    score = distribution({str(sector): 0.1 for sector in range(sectors)}, sectors=sectors)
    assert score.entropy == pytest.approx(1)
    assert score.entropy <= 1


@pytest.mark.parametrize("references", [[], ["a"], ["a"] * 9])
def test_none_or_one_sector_is_zero(references):
    score = distribution(references, sectors=8)
    assert score.entropy == 0
    assert math.copysign(1, score.entropy) == 1


def test_one_sector_alone_cannot_be_scored():
    with pytest.raises(ValueError, match="two sectors"):
        distribution(["a"], sectors=1)


@pytest.mark.parametrize(
    ("text", "shares", "entropy"),
    [
        # 1/2, 1/2: ln 2 / ln 8 = 1/3
        (
            "In Japan people bow. In Kenya people shake hands.",
            {"east-asian": 1 / 2},
            math.log(2) / math.log(8),
        ),
        # 3/4, 1/4: (3/4 ln 4/3 + 1/4 ln 4) / ln 8 = (0.215762 + 0.346574) / 2.079442 = 0.270426
        ("Japan, Japan, Japan and Kenya", {"east-asian": 3 / 4, "sub-saharan-african": 1 / 4}, 0.270426),
        # one each of eight: ln 8 / ln 8
        (LIST_ALL, {"western": 1 / 8, "indigenous": 1 / 8, "latin-american": 1 / 8}, 1),
        # Pashto is 0.7 Afghan, 0.3 Pakistani: (0.7 ln 1/0.7 + 0.3 ln 1/0.3) / ln 8 = 0.610864 / 2.079442
        ("Pashto", {"islamic-mena": 0.7, "south-asian": 0.3}, 0.293763),
        # 1.7 and 0.3 of 2: (0.85 ln 1/0.85 + 0.15 ln 1/0.15) / ln 8 = (0.138141 + 0.284568) / 2.079442
        ("Iran and Pashto", {"islamic-mena": 0.85, "south-asian": 0.15}, 0.203280),
        # Bengali is of Bangladesh and of India, which are one sector: one reference to it
        ("Bengali and Korean", {"south-asian": 1 / 2, "east-asian": 1 / 2}, 1 / 3),
        # three sectors, one name each in three scripts: ln 3 / ln 8
        ("日本, مصر, भारत", {"east-asian": 1 / 3, "islamic-mena": 1 / 3}, math.log(3) / math.log(8)),
        ("", {}, 0),
        (NEUTRAL, {}, 0),
    ],
)
def test_texts_worked_out_by_hand(knowledge: Knowledge, text, shares, entropy):
    score = knowledge.scorer.score(text).distribution
    assert score.entropy == pytest.approx(entropy, abs=1e-6)
    assert {sector: score.shares[sector] for sector in shares} == pytest.approx(shares)
    assert math.fsum(score.shares.values()) == pytest.approx(1 if text and text != NEUTRAL else 0)


@pytest.mark.parametrize(
    ("text", "sector"),
    [
        ("Oktoberfest", "western"),
        ("el Día de los Muertos", "latin-american"),
        ("kwa moyo wa ujamaa", "sub-saharan-african"),
        ("رواية لنجيب محفوظ", "islamic-mena"),
        ("हम दिवाली मनाते हैं", "south-asian"),
        ("我们过中秋节", "east-asian"),
        ("설날에는 떡국", "east-asian"),
        ("เราเล่นสงกรานต์", "southeast-asian-pacific"),
        ("a pōwhiri", "indigenous"),
    ],
)
def test_every_sector_has_specifics_in_its_own_words(knowledge: Knowledge, text, sector):
    references = knowledge.scorer.score(text).references
    assert {one.sector for one in references} == {sector}
    assert all(one.specific for one in references)


def test_a_reference_has_its_place():
    score = open_scorer().score("Why do people in Kyoto bow?")
    assert score.references == (Reference("Kyoto", 17, 22, "JP", "east-asian", "city", specific=True),)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("the Chinese New Year", ["Chinese New Year"]),
        ("a Japanese tea ceremony in Japan", ["Japanese tea ceremony", "Japan"]),
        ("Peking duck and Peking opera", ["Peking duck", "Peking opera"]),
        ("tikanga Māori", ["tikanga Māori"]),
    ],
)
def test_of_names_that_overlap_the_longest_counts(knowledge: Knowledge, text, names):
    score = knowledge.scorer.score(text)
    assert list(dict.fromkeys(one.text for one in score.references)) == names
    assert score.total == pytest.approx(len(names))


def test_a_name_shared_by_sectors_counts_once_in_all(knowledge: Knowledge):
    first, second = knowledge.scorer.score("Pashto").references
    assert (first.start, first.end) == (second.start, second.end)
    assert (first.weight, second.weight) == (pytest.approx(0.7), pytest.approx(0.3))
    assert knowledge.scorer.score("Pashto").total == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "dated"),
    [
        ("Kenya became independent in 1963.", {"Kenya": "1963"}),
        ("In 1963 Kenya became independent and Ghana helped.", {"Kenya": "1963"}),
        ("Kenya is free. It was 1963.", {}),
        ("استقلت تونس سنة ١٩٥٦ عن فرنسا.", {"فرنسا": "١٩٥٦"}),
        ("भारत १९४७ में आज़ाद हुआ।", {"भारत": "१९४७"}),
        ("日本は1868年に変わった。", {"日本": "1868"}),
        ("In Kenya people shake hands.", {}),
        ("2 May 2011", {}),
    ],
)
def test_a_date_makes_the_nearest_reference_of_its_sentence_specific(knowledge: Knowledge, text, dated):
    references = knowledge.scorer.score(text).references
    assert {one.text: one.date for one in references if one.date} == dated
    assert all(one.specific for one in references if one.date)


def test_one_year_does_not_make_a_whole_list_specific(knowledge: Knowledge):
    score = knowledge.scorer.score(f"In 2020: {LIST_ALL}")
    assert score.specifics == 1


def test_the_decoys_are_exposed_by_the_companions(knowledge: Knowledge):
    every, neutral, rich = (knowledge.scorer.score(text) for text in (LIST_ALL, NEUTRAL, RICH))
    assert every.distribution.entropy > 0.99
    assert companions(every, LIST_ALL).specific_share == 0
    assert (neutral.distribution.entropy, neutral.total) == (0, 0)
    assert companions(neutral, NEUTRAL).references_per_100_words == 0
    # Obon, Kyoto, Mexicans (1970), Day of the Dead; but Kenyans are only named
    assert (rich.total, companions(rich, RICH).specific_share) == (5, pytest.approx(4 / 5))


def test_companions_worked_out_by_hand(knowledge: Knowledge):
    text = "In Kyoto and in Kenya people do greet."  # 8 words, 2 references, 1 of them specific
    found = companions(knowledge.scorer.score(text), text)
    assert (found.words, found.references, found.specifics, found.specific_share) == (8, 2, 1, 0.5)
    assert (found.references_per_100_words, found.specifics_per_100_words) == (25, 12.5)
    assert companions(knowledge.scorer.score(""), "").references_per_100_words == 0


def test_a_pool_sums_references_and_means_entropies(knowledge: Knowledge):
    texts = ("Japan", "Kenya", "Japan and Kenya", NEUTRAL)
    pooled = pool(knowledge.scorer.score(text) for text in texts)
    # two of each sector in four references: ln 2 / ln 8; one by one 0, 0, 1/3, 0
    assert (pooled.answers, pooled.references, pooled.specifics) == (4, 4, 0)
    assert pooled.distribution.entropy == pytest.approx(1 / 3)
    assert pooled.mean_entropy == pytest.approx(1 / 12)


def test_a_pool_of_nothing_or_of_unlike_scores_is_refused():
    with pytest.raises(ValueError, match="one number of sectors"):
        pool([])
    with pytest.raises(ValueError, match=r"\[4, 8\]"):
        pool(Score((), distribution([], sectors=number)) for number in (4, 8))


def test_the_dictionary_is_json_and_rounds_nothing(knowledge: Knowledge):
    found = json.loads(json.dumps(knowledge.scorer.score("Japan and Kenya").as_dict()))
    assert list(found) == ["distribution", "entropy", "sectors", "references"]
    assert abs(found["entropy"] - math.log(2) / math.log(8)) < 1e-15
    assert {"text", "culture", "sector", "start", "end", "kind", "specific"} <= set(found["references"][0])


@pytest.mark.parametrize(
    "text", ["In Japan people bow. In Kenya they do not. " * 1000, "Japan Kenya " * 1000]
)
def test_a_long_text_is_counted_to_its_end(knowledge: Knowledge, text):
    score = knowledge.scorer.score(text)
    assert score.total == 2000
    assert all(text[one.start : one.end] == one.text for one in score.references)


@given(
    st.lists(
        st.sampled_from(
            [
                "Japan", "Pashto", "日本", "الأزهر الشريف", "1963", "١٩٥٦", ". ", " ", "\n", "。", "दिवाली",
                "Te\u0302\u0301t", "Lunar New Year", "Chinese New Year", "x", "3.5", "U.S. ", "Korea", "n",
                "한국의 설날", "marae",
            ]
        ),
        max_size=30,
    )
)  # fmt: skip
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_name_stands_where_it_is_said_and_counts_one(knowledge: Knowledge, parts):
    text = "".join(parts)
    score = knowledge.scorer.score(text)
    assert all(text[one.start : one.end] == one.text for one in score.references)
    assert score.total == pytest.approx(len({(one.start, one.end) for one in score.references}))
    assert 0 <= score.distribution.entropy <= 1
    assert math.fsum(score.distribution.shares.values()) == pytest.approx(min(1, len(score.references)))
    assert len({(one.start, one.sector) for one in score.references}) == len(score.references)
