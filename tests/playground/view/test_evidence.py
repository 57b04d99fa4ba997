"""The question with its evidence."""

from typing import Any

from polylect import Context, Span

from playground.names import Names
from playground.view.evidence import context_rows, marked_question, reading


def context(*spans: dict[str, Any], **more: Any) -> Context:
    return Context(spans=[Span(**span) for span in spans], **more)


def test_evidence_is_marked_and_labelled() -> None:
    found = context({"start": 8, "end": 13, "text": "Kyoto", "culture": "JP", "kind": "city"})
    shown = marked_question("Bow in <Kyoto>?", found, Names())
    label = '<span class="label" lang="en" dir="ltr">Japan, city</span>'
    assert f'&lt;<mark class="evidence">Kyoto{label}</mark>&gt;' in shown


def test_spans_may_overlap() -> None:
    found = context(
        {"start": 0, "end": 5, "text": "abcde", "culture": "JP", "kind": "audience"},
        {"start": 2, "end": 8, "text": "cdefgh", "culture": "KE", "kind": "people"},
    )
    shown = marked_question("abcdefghij", found, Names())
    assert shown.count("<mark") == shown.count("</mark>") == 3
    assert shown.index("Japan, who asks") < shown.index("Kenya, people")
    assert shown.endswith("ij</span>")


def test_places_that_do_not_fit_are_left_out() -> None:
    wrong = [(-1, 3), (3, 3), (5, 2), (0, 999)]
    spans = [{"start": start, "end": end, "culture": "JP", "kind": "city"} for start, end in wrong]
    assert "<mark" not in marked_question("abc", context(*spans), Names())


def test_other_turns_and_the_whole_text_are_not_marked() -> None:
    found = context(
        {"start": 0, "end": 3, "culture": "JP", "kind": "city", "turn": -1},
        {"start": 0, "end": 3, "culture": "JP", "kind": "implicit"},
    )
    assert "<mark" not in marked_question("abc", found, Names())


def test_a_question_runs_in_its_own_direction() -> None:
    assert 'dir="rtl"' in marked_question("ما الهدية المناسبة؟", None, Names())
    assert 'dir="ltr"' in marked_question("Which gift?", None, Names())


def test_what_only_a_browser_says_is_no_claim_about_the_asker() -> None:
    found = context(audience=[{"id": "US", "weight": 1.0, "evidence": ["locale en-US"]}])
    assert "United States" not in reading(found, Names())
    assert "the browser prefers it (en-US)" in context_rows(found, Names())


def test_the_reading_in_words() -> None:
    found = context(
        language={"tag": "en", "probability": 0.9},
        cultural=0.7,
        cue="explicit",
        cultures=[{"id": "JP", "weight": 1.0, "evidence": ["<Kyoto>"]}],
        audience=[
            {"id": "PE", "weight": 0.9, "evidence": ["x"]},
            {"id": "US", "weight": 0.1, "evidence": ["y"]},
        ],
    )
    assert reading(found, Names()) == (
        '<p class="reading">English · about Japan · asker: Peru · depends on culture</p>'
    )
    rows = context_rows(found, Names())
    assert "English, 90% sure" in rows
    assert "&lt;Kyoto&gt;" in rows
    assert "Part of life</th><td>unknown" in rows
