import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from agents.detect.fold import Folded, fold


@given(st.text())
@example("İstanbul 한국")
@example("\u1100\u1161\u11a8x")
@example("ụ̈̄a")
@example("য়")
def test_folding_composes_and_knows_the_way_back(text: str) -> None:
    view = Folded.of(text)
    assert view.folded == fold(unicodedata.normalize("NFC", text))
    spans = [view.span(at, at + 1) for at in range(len(view.folded))]
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert view.span(0, len(view.folded)) == (0, len(text))


def test_folding_keeps_the_length_of_composed_text() -> None:
    for text in ("İSTANBUL", "ΣΊΣΥΦΟΣ", "آسیا", "Straße", "Ёлка"):
        assert len(fold(text)) == len(unicodedata.normalize("NFC", text))


def test_spellings_that_tell_no_names_apart_are_one() -> None:
    assert fold("IRAK") == fold("ırak")
    assert fold("ایران") == fold("ايران")
    assert fold("’") == fold("'")
    assert fold("צ׳כיה") == fold("צ'כיה")
    assert fold("ניו־זילנד") == fold("ניו-זילנד")
    assert fold("Elveția") == fold("Elveţia")
