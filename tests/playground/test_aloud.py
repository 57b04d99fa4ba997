"""What a screen reader is told."""

from polylect import AnswerText, VoiceStarted

from playground.aloud import Aloud
from playground.names import Names
from playground.trouble import UNEXPECTED
from playground.turn import new_turn
from playground.wish import Wish


def test_who_speaks_then_whole_sentences_then_the_end() -> None:
    turn = new_turn(1, Wish("Why?"))
    aloud = Aloud(turn, Names())
    turn.main.hear(VoiceStarted(culture="JP", language="ja"))
    turn.main.hear(VoiceStarted(culture="EG", language="ar"))
    assert [one["text"] for one in aloud.listen()] == ["Now speaking: Japan, Egypt."]
    turn.main.hear(AnswerText(text="They bow. And th"))
    assert [one["text"] for one in aloud.listen()][1:] == ["They bow."]
    turn.main.hear(AnswerText(text="ey smile"))
    assert len(aloud.listen()) == 2  # half a sentence is not read
    turn.main.state = "done"
    assert [one["text"] for one in aloud.listen()][2:] == ["And they smile", "The answer is complete."]
    assert len(aloud.listen()) == 4  # nothing is said twice


def test_its_language_and_direction() -> None:
    turn = new_turn(1, Wish("Why?"))
    turn.main.hear(AnswerText(text="ينحنون احترامًا."))
    assert Aloud(turn, Names()).listen()[0]["dir"] == "rtl"


def test_trouble_speaks_for_itself() -> None:
    turn = new_turn(1, Wish("Why?"))
    turn.main.state, turn.main.trouble = "failed", UNEXPECTED
    assert Aloud(turn, Names()).listen() == []
