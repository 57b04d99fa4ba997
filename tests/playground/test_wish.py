"""What a browser sends is anybody's."""

import pytest

from playground.wish import Unasked, Wish, read_wish


def test_a_whole_wish() -> None:
    sent = {
        "question": " Why? ",
        "mode": "debate",
        "cultures": ["JP", " KE ", "JP"],
        "beside": True,
        "key": " k ",
    }
    assert read_wish(sent) == Wish("Why?", "debate", ("JP", "KE"), None, True, "k")


@pytest.mark.parametrize(
    "odd",
    [
        {"mode": "shutdown"},
        {"mode": ["auto"]},
        {"cultures": "JP"},
        {"cultures": [1, None, ""]},
        {"beside": "yes"},
        {"key": 7, "backbone": {}},
    ],
)
def test_what_is_odd_is_as_if_it_were_not_there(odd: dict[str, object]) -> None:
    assert read_wish({"question": "Why?", **odd}) == Wish("Why?")


@pytest.mark.parametrize("question", [None, 1, "", "  \n", "x" * 20_001])
def test_no_question_or_too_much_of_it(question: object) -> None:
    with pytest.raises(Unasked):
        read_wish({"question": question})


def test_it_is_bounded() -> None:
    wish = read_wish(
        {"question": "Why?", "cultures": [f"{number}" * 99 for number in range(99)], "key": "k" * 999}
    )
    assert len(wish.cultures) == 12
    assert max(map(len, wish.cultures)) == 64
    assert len(wish.key) == 200


def test_the_key_is_not_shown_by_chance() -> None:
    assert "sesame" not in repr(Wish("Why?", key="sesame"))
