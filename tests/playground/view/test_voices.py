"""Voices as steps."""

import pytest
from polylect import VoiceSpoke, VoiceStarted

from playground.names import Names
from playground.turn import Side, Voice
from playground.view.voices import voice_parts


def shown(voice: Voice, **side: str) -> str:
    told = Side(voices={(voice.culture, voice.role): voice}, **side)  # type: ignore[arg-type]
    return voice_parts("p", "place", told, Names())["p-v0"]["html"]


@pytest.mark.parametrize(
    ("language", "direction", "own"),
    [("ar", "rtl", "العربية"), ("he", "rtl", "עברית"), ("ur", "rtl", "اردو"), ("ja", "ltr", "日本語")],
)
def test_language_and_direction(language: str, direction: str, own: str) -> None:
    html = shown(Voice("XX", language, text="…"))
    assert f'lang="{language}" dir="{direction}"' in html
    assert f'<bdi lang="{language}">{own}</bdi>' in html


def test_what_a_voice_and_the_service_say_is_escaped() -> None:
    evil = "<img src=x onerror=alert(1)>"
    html = shown(Voice(evil, '"><b>', role=evil, text=evil, again=evil, status="cut", reason=evil))
    assert "<img" not in html
    assert "<b>" not in html


def test_open_while_it_speaks_folded_when_the_answer_comes() -> None:
    side = Side()
    side.hear(VoiceStarted(culture="JP", language="ja"))
    side.hear(VoiceSpoke(culture="JP", language="ja", text="はい"))
    assert 'data-open="1"' in voice_parts("p", "place", side, Names())["p-v0"]["html"]
    side.state = "answering"
    assert 'data-open=""' in voice_parts("p", "place", side, Names())["p-v0"]["html"]


def test_who_was_silent_says_why() -> None:
    html = shown(Voice("KE", "sw", status="silent", reason="it took too long"), state="done")
    assert "stayed silent" in html
    assert "it took too long" in html


def test_who_was_stopped_in_mid_word_is_not_said_to_speak() -> None:
    html = shown(Voice("KE", "sw", text="Na"), state="stopped")
    assert "was cut short" in html
    assert "speaking" not in html


def test_a_second_round() -> None:
    html = shown(Voice("KE", "sw", text="Moja", again="Mbili", changed=True, status="spoke"), state="done")
    assert html.index("Moja") < html.index("Having heard the others · view changed") < html.index("Mbili")
