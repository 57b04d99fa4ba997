"""Short answers as people give them; a list of everything gains nothing."""

import pytest

from evaluation.tasks.blend_saq.matching import Answer, answers_of, best_match, everything, first_named

QUESTION = "What do people in Iran carry along on a long walk? Iran"
ANSWERS = (
    Answer(("fruit", "fruits"), 3),
    Answer(("bread and cheese",), 2),
    Answer(("chips",), 1),
    Answer(("7:30",), 1),
    Answer(("",), 1),
    Answer(("2",), 1),
)


@pytest.mark.parametrize(
    ("reply", "variant"),
    [
        ("Fruit", "fruit"),
        ("fruits.", "fruit"),
        ("**Fruit**", "fruit"),
        ("Answer: fruit", "fruit"),
        ("1. Fruit\n2. Chips", "fruit"),
        ("- chips", "chips"),
        ("The fruit", "fruit"),
        ("In Iran, fruit", "fruit"),
        ("It is usually fruit, though chips are common too.", "fruit"),
        ("People in Iran carry along fruit on a long walk.", "fruit"),
        ("Fresh fruit", "fruit"),
        ("Bread and cheese", "bread and cheese"),
        ("BREAD & CHEESE", "bread and cheese"),
        ("bread-and-cheese", "bread and cheese"),
        ("\n\nchips\nBecause they are cheap.", "chips"),
        ("chips or fruit", "chips"),
        ("07:30", "7:30"),
        ("7:30", "7:30"),
        ("٧:٣٠", "7:30"),
        ("2.0", "2"),
        ("20", None),
        ("2.05", None),
        ("7", None),
        ("7:30 pm", "7:30"),
        ("grapefruit", None),
        ("nuts, fruit, chips", None),
        ("nuts and fruit", None),
        ("nuts; fruit", None),
        ("Rice. Fruit.", None),
        ("Nuts\nFruit", None),
        ("nuts dates rice beans peas corn fruit", None),
        ("", None),
        ("...", None),
    ],
)
def test_the_first_thing_named_counts(reply, variant):
    found = best_match(first_named(reply, QUESTION, "en"), ANSWERS, "en")
    assert (found.variants[0] if found else None) == variant


@pytest.mark.parametrize(
    ("reply", "variant", "language", "given"),
    [
        ("김치를 먹어요", "김치", "ko-KR", True),
        ("김밥", "밥", "ko-KR", False),
        ("薯片。", "薯片", "zh-CN", True),
        ("最常见的是薯片", "薯片", "zh-CN", True),
        ("糖果、薯片", "薯片", "zh-CN", False),
        ("糖果和水果", "水果", "zh-CN", True),
        ("الفاكهة", "فاكهة", "ar-DZ", True),
        ("التمر، الفاكهة", "فاكهة", "ar-DZ", False),
        ("میان‌وعده", "میان وعده", "fa-IR", True),
        ("چاي", "چای", "fa-IR", True),
        ("İftar", "iftar", "az-AZ", True),
        ("φρούτο", "φρουτο", "el-GR", True),
        ("fútbol y tenis", "futbol", "es-MX", True),
        ("tenis y fútbol", "futbol", "es-MX", False),
        ("জলপান", "জলপান", "as-IN", True),
        ("ዳቦ፣ ሻይ", "ዳቦ", "am-ET", True),
        ("ዳቦ፣ ሻይ", "ሻይ", "am-ET", False),
        ("A", "a", "en-GB", True),
    ],
)
def test_other_scripts(reply, variant, language, given):
    answers = [Answer((variant,), 1)]
    found = best_match(first_named(reply, "?", language), answers, language)
    assert (found is not None) is given


def test_everything_finds_what_a_list_names():
    listed = "nuts, chips, fruit"
    assert best_match(first_named(listed, QUESTION, "en"), ANSWERS, "en") is None
    assert best_match(everything(listed, "en"), ANSWERS, "en") == ANSWERS[0], "the most voted for"


@pytest.mark.parametrize(
    "row", [{"variants": "fruit", "count": 1}, {"variants": ["fruit"], "count": 0}, {"variants": ["fruit"]}]
)
def test_rows_that_are_no_answers(row):
    with pytest.raises((ValueError, KeyError)):
        list(answers_of([row]))
