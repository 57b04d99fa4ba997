"""Whose culture, where none is named: cues that lead, languages with speakers."""

import pytest

from agents.detect.mentions import Mention
from agents.detect.subject import Speakers, implied


def cue(text: str, culture: str, weight: float = 1.0) -> Mention:
    return Mention(text, 0, len(text), culture, "dish", weight)


def test_the_culture_with_more_cues_leads() -> None:
    told = implied([cue("hanbok", "KR"), cue("songpyeon", "KR"), cue("mochi", "JP")], set())
    assert [one.id for one in told] == ["KR", "JP"]
    assert told[0].evidence == ("hanbok", "songpyeon")
    assert sum(one.weight for one in told) == pytest.approx(1)


def test_a_repeated_cue_counts_once() -> None:
    told = implied([cue("Mochi", "JP"), cue("mochi", "JP"), cue("hanbok", "KR", 1.5)], set())
    assert told[0].id == "KR"


def test_those_whose_own_the_language_is_are_likelier() -> None:
    shared = [cue("mooncake", "CN", 0.5), cue("mooncake", "VN", 0.5)]
    assert implied(shared, {"VN"})[0].id == "VN"
    assert implied(shared, {"CN"})[0].id == "CN"


def test_what_several_words_tell_together_outweighs_a_word_of_the_askers() -> None:
    custom = Mention("an envelope, red", 0, 16, "CN", "situation", 1.0)
    assert implied([cue("Oma", "DE"), custom], {"DE"})[0].id == "CN"
    assert implied([cue("Oma", "DE"), cue("hanbok", "KR")], {"DE"})[0].id == "DE"


def test_where_no_culture_leads_none_is_told() -> None:
    assert implied([cue("x", culture, 0.25) for culture in ("CN", "VN", "KR", "JP")], set()) == ()
    assert implied([], {"JP"}) == ()


def test_a_language_points_at_its_speakers_and_english_at_nobody() -> None:
    speakers = Speakers()
    assert speakers.cultures("ja") == {"JP": 1.0}
    assert max(german := speakers.cultures("de"), key=lambda one: german[one]) == "DE"
    assert sum(speakers.cultures("es").values()) == pytest.approx(1, abs=0.01)
    assert speakers.cultures("pt-BR") == speakers.cultures("pt")
    assert speakers.cultures("en") == speakers.cultures("tlh") == {}
