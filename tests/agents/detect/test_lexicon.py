"""Words of a text's language count; those of small languages in no other text; sound tables."""

import pytest

from agents.detect.fold import fold
from agents.detect.lexicon import ANY, OWN, TABLES, Lexicon
from agents.detect.tables import cells, rows

KINDS = {"strong", "mild", "universal", "place", "quantity", "number", "code", "translate"}


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon()


@pytest.mark.parametrize(
    ("text", "language", "kind"),
    [
        ("Na cava na itovo vakavanua ni bulubulu?", "fj", "strong"),
        ("Na cava e cakava na uto ena yago ni tamata?", "fj", "universal"),
        ("Ki kustumber tin ora di un kasamentu?", "pap", "mild"),
        ("Kiko ta pasa den e kurpa humano?", "pap", "universal"),
        ("What is the etiquette at a wedding?", "en", "strong"),
    ],
)
def test_words_of_the_texts_language_are_found(lexicon: Lexicon, text: str, language: str, kind: str) -> None:
    assert lexicon.find(text, language=language).get(kind)


def test_own_words_count_in_their_language_alone() -> None:
    lexicon = Lexicon([("strong", "to!", "mali"), ("mild", "sw", "mali"), ("mild", ANY, "money")])
    assert set(lexicon.find("mali", language="to")) == {"strong"}
    assert set(lexicon.find("mali", language="sw")) == {"mild"}
    assert set(lexicon.find("mali")) == {"mild"}, "nobody knows the language"
    assert set(lexicon.find("mali", language="xh")) == {"mild"}, "nobody wrote down its words"
    assert set(lexicon.find("mali money", language="to")) == {"strong", "mild"}


def test_the_tables_are_sound() -> None:
    for table in TABLES:
        for kind, language, words in rows(table):
            tag = language.removesuffix(OWN)
            assert kind in KINDS
            assert language == ANY or (tag.islower() and 2 <= len(tag) <= 3), language
            assert cells(words)
            assert all(word == word.strip() and word.rstrip("*") for word in cells(words)), (kind, language)


def test_no_word_tells_two_kinds() -> None:
    """A word of life that is also one of universal knowledge would tell nothing."""
    told: dict[tuple[str, str], set[str]] = {}
    for table in ("life", "universal"):
        for kind, language, words in rows(table):
            for word in cells(words):
                told.setdefault((language.removesuffix(OWN), fold(word.rstrip("*"))), set()).add(kind)
    assert {key: kinds for key, kinds in told.items() if len(kinds) > 1} == {}
