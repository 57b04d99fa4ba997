"""A turn takes events in."""

from typing import Any

from openai.types.chat import ChatCompletion
from polylect import Answer, AnswerFinished, AnswerText, VoiceFinished, VoiceSpoke, VoiceStarted

from playground.turn import Side, messages, new_turn
from playground.wish import Wish


def an_answer(text: str = "Well.", **more: Any) -> Answer:
    return Answer(text=text, completion=ChatCompletion.construct(None), **more)


def test_voices_then_the_answer() -> None:
    side = Side()
    side.hear(VoiceStarted(culture="JP", language="ja"))
    side.hear(VoiceStarted(culture="KE", language="sw"))
    side.hear(VoiceSpoke(culture="KE", language="sw", text="Naam"))
    side.hear(VoiceSpoke(culture="JP", language="ja", text="は"))
    assert side.state == "speaking"
    assert [voice.text for voice in side.voices.values()] == ["は", "Naam"]
    side.hear(VoiceFinished(culture="JP", language="ja", status="spoke", text="はい。"))
    side.hear(VoiceFinished(culture="KE", language="sw", status="silent", reason="timeout"))
    side.hear(AnswerText(text="We"))
    assert (side.state, side.under_way) == ("answering", True)
    side.hear(AnswerFinished(answer=an_answer("Well.")))
    assert (side.state, side.text, side.under_way) == ("done", "Well.", False)
    assert [(voice.status, voice.text) for voice in side.voices.values()] == [
        ("spoke", "はい。"),
        ("silent", "Naam"),
    ]


def test_a_second_round_stands_beside_the_first() -> None:
    side = Side()
    side.hear(VoiceStarted(culture="JP", language="ja"))
    side.hear(VoiceFinished(culture="JP", language="ja", status="spoke", text="一"))
    side.hear(VoiceStarted(culture="JP", language="ja", round=2))
    side.hear(VoiceSpoke(culture="JP", language="ja", round=2, text="二"))
    voice = side.voices["JP", None]
    assert (voice.text, voice.again, voice.status) == ("一", "二", "speaking")
    side.hear(VoiceFinished(culture="JP", language="ja", round=2, status="spoke", text="二。", changed=True))
    assert (voice.text, voice.again, voice.changed) == ("一", "二。", True)


def test_both_candidates_of_an_expert() -> None:
    side = Side()
    side.hear(VoiceStarted(culture="JP", language="ja", role="elicit"))
    side.hear(VoiceStarted(culture="JP", language="en", role="reason"))
    assert list(side.voices) == [("JP", "elicit"), ("JP", "reason")]


def test_a_refusal_is_the_answer() -> None:
    side = Side()
    side.hear(AnswerFinished(answer=an_answer("", refusal="Not this.")))
    assert side.text == "Not this."


def test_two_sides_where_they_can_differ() -> None:
    assert [side.plain for side in new_turn(1, Wish("Why?", beside=True)).sides] == [True, False]
    assert [side.plain for side in new_turn(1, Wish("Why?", mode="direct", beside=True)).sides] == [False]


def test_the_conversation_goes_on_from_what_was_answered() -> None:
    answered, failed = new_turn(1, Wish("One?")), new_turn(2, Wish("Two?"))
    answered.main.text = "1"
    assert messages([answered, failed], "Three?") == [
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "1"},
        {"role": "user", "content": "Three?"},
    ]
