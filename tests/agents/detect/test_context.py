import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.detect.context import CULTURAL, Context, ContextDetector, CultureWeight, load_detector
from agents.detect.evidence import Span
from agents.detect.language import Language, LanguageShare


def test_the_dictionary_is_the_schema_of_the_api() -> None:
    context = Context(
        Language("en", 0.987654),
        (LanguageShare("en", 1.0),),
        0.73456,
        (CultureWeight("JP", 0.66667, ("Kyoto",)),),
        cue="explicit",
        spans=(Span(3, 8, "Kyoto", "JP", "city", -1),),
    )
    assert context.as_dict() == {
        "language": {"tag": "en", "probability": 0.9877},
        "languages": [{"tag": "en", "share": 1.0}],
        "cultural": 0.7346,
        "cultures": [{"id": "JP", "weight": 0.6667, "evidence": ["Kyoto"]}],
        "audience": [],
        "domain": None,
        "cue": "explicit",
        "spans": [{"start": 3, "end": 8, "text": "Kyoto", "culture": "JP", "kind": "city", "turn": -1}],
    }
    assert Context(None, (), 0.1).as_dict()["language"] is None


@pytest.mark.parametrize(
    ("text", "culture"),
    [
        ("What should I bring to a dinner in Japan?", "JP"),
        ("Is tipping expected among Egyptians?", "EG"),
        ("¿Qué se come en una boda mexicana?", "MX"),
        ("在日本送礼有什么禁忌？", "JP"),
        ("В каких случаях японцы кланяются?", "JP"),
        ("What do farmers in Assam wear?", "IN-AS"),
        ("How many days off do people in Algeria have? (Give Arabic numerals, e.g. 5.)", "DZ"),
    ],
)
def test_a_culture_that_is_named_is_the_subject(detector: ContextDetector, text: str, culture: str) -> None:
    context = detector.detect(text)
    assert context.cultures[0].id == culture
    assert context.cultural >= CULTURAL
    assert context.cue == "explicit"


@pytest.mark.parametrize(
    ("text", "culture", "told"),
    [
        (
            "After the funeral the neighbours came with tea and sandwiches and sat with the coffin. Do I?",
            "IE",
            "tea and sandwiches and sat with the coffin",
        ),
        (
            "Am ersten Besuchstag brachte ein dunkelhaariger Mann Kohle und Whisky. Was biete ich ihm an?",
            "GB",
            "dunkelhaariger Mann Kohle und Whisky",
        ),
    ],
)
def test_a_custom_that_is_nearly_told_counts_where_it_is_near_in_meaning(
    detector: ContextDetector, text: str, culture: str, told: str
) -> None:
    context = detector.detect(text)
    assert (context.cultures[0].id, context.cue) == (culture, "implicit")
    assert context.cultures[0].evidence == (told,)
    assert [span.text for span in context.spans] == [told]


def test_where_a_custom_is_told_whole_none_is_guessed_beside_it(detector: ContextDetector) -> None:
    nearly = "After the funeral the neighbours came with tea and sandwiches and sat with the coffin."
    context = detector.detect(f"There was a coin in the cake at midnight. {nearly} Is it rude to go home?")
    assert [one.id for one in context.cultures] == ["GR", "CY"]


@pytest.mark.parametrize(
    ("text", "culture", "cue"),
    [
        ("Is it rude to refuse a second helping from my mother-in-law?", "", "implicit"),
        ("Darf man zu einer Beerdigung bunte Kleidung tragen?", "DE", "native_language"),
        ("क्या दहेज देना ज़रूरी है?", "IN", "implicit"),
        ("My hanbok is too long for the ceremony, can I pin it up without giving offence?", "KR", "implicit"),
    ],
)
def test_cultural_life_without_a_name_tells_of_a_culture_or_says_unknown(
    detector: ContextDetector, text: str, culture: str, cue: str
) -> None:
    context = detector.detect(text)
    assert context.cultural >= CULTURAL
    assert (context.cultures[0].id if context.cultures else "", context.cue) == (culture, cue)
    assert {one.id for one in context.cultures} == {
        span.culture for span in context.spans if span.kind != "audience"
    }
    assert context.domain


@pytest.mark.parametrize(
    "text",
    [
        "A plane flies 3 times to France and 5 times to Greece. How many flights are there in total?",
        "In Schottland leben 27 Einhörner, ein Drittel davon sind Weibchen. Wie viele Weibchen gibt es?",
        "At the wedding 8 guests eat 2 cakes each and 4 guests eat 3. How many cakes are eaten?",
        "Translate 'good morning' to German.",
        "def japan(x):\n    return x\n\nclass China:\n    pass\n",
        r"Solve $\frac{x}{2} = 5$ for the Swiss franc.",
        "Write a function that sorts a list.",
        "Jordan has 5 apples and gives 2 of them to Chad. How many are left?",
        "Why is the sky blue?",
        "ทำไมท้องฟ้าถึงเป็นสีฟ้า",
        "",
    ],
)
def test_sums_code_rewordings_and_plain_questions_are_not_cultural(
    detector: ContextDetector, text: str
) -> None:
    assert detector.detect(text).cultural < CULTURAL


@pytest.mark.parametrize(
    ("text", "audience"),
    [
        ("空はなぜ青いのですか？", ["JP"]),
        ("Warum ist der Himmel blau?", []),
        ("لماذا السماء زرقاء؟", []),
    ],
)
def test_a_language_alone_tells_at_most_who_asks(
    detector: ContextDetector, text: str, audience: list[str]
) -> None:
    context = detector.detect(text)
    assert context.language is not None
    assert context.cultures == ()
    assert [one.id for one in context.audience] == audience


def test_two_cultures_weigh_what_is_said_of_them(detector: ContextDetector) -> None:
    context = detector.detect("Compare Japanese and French table manners; in Japan, who pours?")
    assert [one.id for one in context.cultures] == ["JP", "FR"]
    assert sum(one.weight for one in context.cultures) == pytest.approx(1)
    assert context.cultures[0].evidence == ("Japanese", "Japan")


def test_doubtful_names_and_languages_give_way_to_surer_ones(detector: ContextDetector) -> None:
    context = detector.detect("Sofia was offered pie. Was she polite? (The story takes place in Croatia.)")
    assert [one.id for one in context.cultures] == ["HR"]


def test_earlier_turns_count_only_when_the_last_names_nobody(detector: ContextDetector) -> None:
    earlier = ["Tell me about weddings in Kenya", "And those in Japan?"]
    follow_up = detector.detect("Who gives a speech at the wedding ceremony?", earlier=earlier)
    assert [one.id for one in follow_up.cultures] == ["JP", "KE"]
    assert follow_up.cultures[0].weight == pytest.approx(2 / 3)
    elsewhere = detector.detect("And in Peru?", earlier=earlier)
    assert [one.id for one in elsewhere.cultures] == ["PE"]


def test_earlier_turns_do_not_make_a_plain_turn_cultural(detector: ContextDetector) -> None:
    context = detector.detect(
        "Now sort a list in Python.", earlier=["Tell me about Japanese wedding customs"]
    )
    assert context.cultural < CULTURAL


def test_the_question_at_the_end_of_a_long_text_is_seen(detector: ContextDetector) -> None:
    context = detector.detect("Nothing happens here. " * 20_000 + "What do people eat in Peru?")
    assert context.cultures[0].id == "PE"


@pytest.mark.parametrize(
    "piece", ["Nothing happens here. ", "Japan ", "日本", "((", "$a", "1 + ", "\u0301", "বাংলাদেশ য়"]
)
def test_a_huge_text_takes_bounded_work(detector: ContextDetector, piece: str) -> None:
    started = time.process_time()
    detector.detect(piece * (200_000 // len(piece)))
    assert time.process_time() - started < 1


@given(st.text(st.characters()), st.lists(st.text(), max_size=3))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_a_context(detector: ContextDetector, text: str, earlier: list[str]) -> None:
    context = detector.detect(text, earlier=earlier)
    assert 0 <= context.cultural <= 1
    assert not context.cultures or sum(one.weight for one in context.cultures) == pytest.approx(1)
    json.dumps(context.as_dict())


def test_a_detector_takes_names_of_areas() -> None:
    context = load_detector(names={"sami": ["Sápmi"]}).detect("Feasts in Sápmi")
    assert [one.id for one in context.cultures] == ["sami"]


EXPLICIT = {"blend_saq_en", "blend_saq_local", "culturalbench", "normad_country"}
CALLED = {
    "West Java (Indonesia)": "West Java",
    "Assam (India)": "Assam",
    "Northern Nigeria": "Nigeria",
    "united_states_of_america": "United States",
}


def test_gate_and_subject_on_the_development_mix(
    development_rows: Callable[[str], list[dict[str, Any]]],
) -> None:
    detector = load_detector()
    rows = development_rows("detection_mix/detection_mix.jsonl")[::16]  # the rest: make eval-detection
    hits = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    subjects = []
    for row in rows:
        context = detector.detect(row["text"])
        hits[row["expected_cultural"], context.cultural >= CULTURAL] += 1
        if row["source"] in EXPLICIT:
            name = CALLED.get(row["expected_culture"], row["expected_culture"]).replace("_", " ")
            want = load_name(detector, name)
            subjects.append(bool(context.cultures) and context.cultures[0].id == want)
    true, false, missed = hits[True, True], hits[False, True], hits[True, False]
    assert 2 * true / (2 * true + false + missed) > 0.8
    assert false / (false + hits[False, False]) < 0.04
    assert sum(subjects) / len(subjects) > 0.95


def load_name(detector: ContextDetector, name: str) -> str | None:
    """The culture that the detector itself finds in a label of the data."""
    found = detector.detect(f"in {name.title()}").cultures
    return found[0].id if found else None


def test_a_religion_makes_a_text_cultural_and_gives_no_culture(detector: ContextDetector) -> None:
    context = detector.detect("What do Muslims eat during Ramadan?")
    assert context.cultural >= CULTURAL
    assert context.cultures == ()


def test_beside_a_religion_the_language_still_tells_where_one_asks(detector: ContextDetector) -> None:
    context = detector.detect("Was essen Muslime im Ramadan?")
    assert context.cue == "native_language"
    assert [culture.id for culture in context.cultures] == ["DE", "AT", "CH"]
    assert all(culture.evidence == () for culture in context.cultures)


def test_a_religion_leaves_the_culture_to_whom_earlier_turns_name(detector: ContextDetector) -> None:
    context = detector.detect("And what about Ramadan?", earlier=["What do people eat in Morocco?"])
    assert [culture.id for culture in context.cultures] == ["MA"]


def test_a_religion_with_a_home_gives_its_culture(detector: ContextDetector) -> None:
    assert [
        culture.id for culture in detector.detect("Was macht man an einem Schrein im Schintoismus?").cultures
    ] == ["JP"]
