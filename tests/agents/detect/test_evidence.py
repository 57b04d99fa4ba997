"""Spans: where they stand, in which order, and how many of them are told."""

import pytest

from agents.detect.context import SEEN, ContextDetector
from agents.detect.evidence import MOST, Span, Turn, told


def span(start: int, culture: str = "JP", kind: str = "city", turn=0) -> Span:
    return Span(start, start + 1, "x", culture, kind, turn)


def test_a_short_text_is_looked_at_as_it_is() -> None:
    turn = Turn("In Kyoto", 0, 100)
    assert turn.looked == "In Kyoto"
    assert turn.span(3, 8, "JP", "city") == Span(3, 8, "Kyoto", "JP", "city", 0)


def test_no_span_ends_behind_its_text(detector: ContextDetector) -> None:
    assert Turn("In Kyoto", 0, 100).span(0, 80, "JP", "native_language").end == 8
    text = "Düğünde masaya ne konur?"
    (found,) = detector.detect(text).spans
    assert (found.start, found.end, found.text) == (0, len(text), text)


@pytest.mark.parametrize("length", [11, 12, 50])
def test_in_a_long_text_places_are_those_of_the_whole(length: int) -> None:
    text = "abcde" + "-" * (length - 10) + "vwxyz"
    turn = Turn(text, -1, 10)
    assert turn.looked == "abcde\nvwxyz"
    assert turn.span(1, 3, "JP", "city").text == "bc"
    assert turn.span(6, 9, "JP", "city").text == "vwx"
    assert turn.span(8, 11, "JP", "city").text == "xyz"
    assert turn.span(3, 8, "JP", "city").text == "de", "what runs over the seam ends there"


def test_spans_are_sorted_by_turn_then_place_the_system_prompt_last() -> None:
    found = [span(9, turn="system"), span(5), span(2, turn=-2), span(7, turn=-1), span(1)]
    assert [(one.turn, one.start) for one in told(found, ["JP"])] == [
        (0, 1),
        (0, 5),
        (-1, 7),
        (-2, 2),
        ("system", 9),
    ]


def test_of_too_many_spans_each_culture_keeps_one() -> None:
    many = [span(number) for number in range(200)]
    late = [span(300, "KE"), span(400, "PE", "audience", "system")]
    kept = told([*many, *late], ["JP", "KE", "PE"])
    assert len(kept) == MOST
    assert [one.culture for one in kept[-2:]] == ["KE", "PE"]


def test_every_culture_has_evidence_that_stands_in_the_text(detector: ContextDetector) -> None:
    text = "Compare weddings in Kenya with those of Koreans and in São Paulo."
    context = detector.detect(text)
    assert (
        {one.id for one in context.cultures} == {one.culture for one in context.spans} == {"KE", "KR", "BR"}
    )
    assert all(text[one.start : one.end] == one.text for one in context.spans)
    assert [one.turn for one in context.spans] == [0, 0, 0]


def test_remembered_cultures_have_their_evidence_in_earlier_turns(detector: ContextDetector) -> None:
    earlier = ["Tell me about weddings in Kenya", "And those in Japan?"]
    context = detector.detect("Who gives a speech at the wedding ceremony?", earlier=earlier)
    assert [(one.text, one.culture, one.turn) for one in context.spans] == [
        ("Japan", "JP", -1),
        ("Kenya", "KE", -2),
    ]


def test_at_the_end_of_a_long_text_evidence_is_where_it_stands(detector: ContextDetector) -> None:
    text = "Nothing happens here. " * SEEN + "I live in Osaka. What do people eat in Peru?"
    context = detector.detect(text)
    assert [one.id for one in context.cultures] == ["PE"]
    assert [one.id for one in context.audience] == ["JP"]
    assert [text[one.start : one.end] for one in context.spans] == ["I live in Osaka", "Peru"]


def test_a_text_of_names_alone_tells_no_more_than_its_share(detector: ContextDetector) -> None:
    context = detector.detect("Japan, Ghana, Peru. " * 500)
    assert len(context.spans) == MOST
    assert {one.culture for one in context.spans} == {"JP", "GH", "PE"}
