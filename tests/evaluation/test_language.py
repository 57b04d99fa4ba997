import pytest

from evaluation.language import english_name, is_in, language_of


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("People eat together at home.", "en"),
        ("يجتمع الناس في البيت ويأكلون معا", "ar"),
        ("人们在家里一起吃饭。", "zh"),
        ("北宋", "zh"),  # the model says Japanese, in which there would be kana
        ("家族はみんなで食事をします。", "ja"),
    ],
)
def test_the_language_of_an_answer(text: str, tag: str) -> None:
    assert language_of(text) == tag
    assert is_in(text, tag)
    assert not is_in(text, "sw")


def test_a_region_does_not_matter_and_no_letters_have_no_language() -> None:
    assert is_in("Todos comen juntos en casa con su familia.", "es-MX")
    assert language_of("42 !?") is None
    assert not is_in("", "en")


def test_a_few_han_letters_are_chinese_and_japanese() -> None:
    assert is_in("大晦日", "ja")
    assert is_in("大晦日。", "zh")
    assert not is_in("大晦日", "ko")
    assert not is_in("中国人进屋一般会换掉户外鞋，穿上拖鞋。这是为了保持室内清洁。", "ja")


def test_moroccan_arabic_is_arabic() -> None:
    answer = "كيمشيو الناس للمسجد باش يصليو صلاة العيد وكيلبسو الحوايج الجداد ديالهم ومن بعد كيزورو العائلة"
    assert is_in(answer, "ar")


def test_english_names() -> None:
    assert [english_name(tag) for tag in ("ja", "zh-TW", "xx")] == ["Japanese", "Chinese", "xx"]
