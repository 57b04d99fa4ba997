"""The chart."""

import re

from polylect import PDS, Companions, Score

from playground.view.score import evenness, score_chart


def test_bars_largest_first_with_their_figures() -> None:
    shown = score_chart(
        PDS(distribution={"western": 0.2, "east-asian": 0.8, "indigenous": 0.0}, entropy=0.24, sectors=8)
    )
    assert re.findall(r'scope="row">([^<]+)<', shown) == ["East Asian", "Western"]
    assert re.findall(r"width:([\d.]+)%", shown) == ["80.0", "20.0"]
    assert re.findall(r'class="share">(\d+%)<', shown) == ["80%", "20%"]


def test_bars_are_for_the_eye_and_the_table_for_everybody() -> None:
    shown = score_chart(Score(distribution={"western": 1.0}, sectors=8))
    assert '<td class="bar" aria-hidden="true">' in shown
    assert "<caption" in shown


def test_evenness_in_words() -> None:
    counted = Companions(references=3, specifics=2)
    spread = PDS(distribution={"a": 0.5, "b": 0.5}, entropy=0.5, sectors=8, companions=counted)
    assert evenness(spread) == (
        "Spread over several parts of the world: 2 of 8, evenness 0.50 of 1. "
        "3 references, of which 2 could be checked."
    )
    assert evenness(Score(distribution={"a": 1.0}, entropy=0.0, sectors=8)).startswith("All of one part")
    assert evenness(Score(distribution={"a": 1.0}, entropy=1.0, sectors=8)).startswith("Spread widely")


def test_an_answer_that_names_nobody() -> None:
    assert "nothing to count" in score_chart(PDS(sectors=8))


def test_a_sector_that_is_new_here_is_escaped() -> None:
    assert "<x>" not in score_chart(Score(distribution={"<x>": 1.0}, sectors=8))
