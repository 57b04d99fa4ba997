"""The table of phrases, and how its signs are read."""

import pytest

from agents.detect.belonging import NAMED, Belonging
from agents.detect.mentions import Mentions
from agents.detect.tables import cells, rows


@pytest.fixture(scope="module")
def belonging(mentions: Mentions) -> Belonging:
    return Belonging(mentions.lookup)


def said(belonging: Belonging, mentions: Mentions, text: str, **more) -> list[tuple[str, str, str]]:
    claims = belonging.find(text, mentions.find(text), **more)
    return [(text[one.start : one.end], one.mention.culture, one.kind) for one in claims]


def test_the_table_is_of_known_kinds_in_many_languages() -> None:
    found = rows("audience")
    assert {kind for kind, *_ in found} == {*NAMED, "unless", "first", "homeless"}
    assert {side for _, side, *_ in found} == {"before", "after", "-"}
    assert all(len(row) == 4 and cells(row[3]) for row in found)
    told = {language for kind, _, language, _ in found if kind in {"place", "people"}}
    assert len(told) >= 15
    assert len({tuple(row[:3]) for row in found}) == len(found), "one row for kind, side and language"


def test_a_few_words_may_come_between_and_no_more(belonging: Belonging, mentions: Mentions) -> None:
    near = "I live in a small town in northern Peru"
    assert said(belonging, mentions, near) == [(near, "PE", "place")]
    assert said(belonging, mentions, "I live in the hope of one day seeing a lama in Peru") == []
    assert said(belonging, mentions, "I live in peace. Peru is far.") == []


def test_the_nearest_name_of_the_right_kind_is_meant(belonging: Belonging, mentions: Mentions) -> None:
    text = "I live in a Peruvian quarter of Osaka"
    assert said(belonging, mentions, text) == [(text, "JP", "place")]


def test_part_of_a_word_is_no_phrase(belonging: Belonging, mentions: Mentions) -> None:
    assert said(belonging, mentions, "Alibi live in Peru") == []


def test_only_phrases_of_the_texts_own_language_count(belonging: Belonging, mentions: Mentions) -> None:
    text = "Vivo en Perú"
    assert said(belonging, mentions, text, language="es") == [(text, "PE", "place")]
    assert said(belonging, mentions, text, language="en") == []
    assert said(belonging, mentions, text, language="tlh") == [(text, "PE", "place")]


def test_as_a_counts_where_a_clause_begins_or_after_i(belonging: Belonging, mentions: Mentions) -> None:
    assert said(belonging, mentions, "Well, as a Peruvian I ask") == [("as a Peruvian", "PE", "people")]
    assert said(belonging, mentions, "What do I wear as a Peruvian?") == [("as a Peruvian", "PE", "people")]
    assert said(belonging, mentions, "Garcilaso is known as a Peruvian poet") == []


def test_composed_or_not_the_place_is_that_in_the_text(belonging: Belonging, mentions: Mentions) -> None:
    text = "Café. Vivo en Peru\u0301, aqui\u0301."
    assert said(belonging, mentions, text) == [("Vivo en Peru\u0301", "PE", "place")]
