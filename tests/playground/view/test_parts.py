"""A turn as parts of the page."""

import json

from openai.types.chat import ChatCompletion
from polylect import Answer, AnswerFinished, AnswerText, VoiceStarted

from playground.names import Names
from playground.trouble import Trouble
from playground.turn import Turn, new_turn
from playground.view.parts import shared, turn_parts
from playground.wish import Wish


def answered(wish: Wish) -> Turn:
    turn = new_turn(3, wish)
    for side in turn.sides:
        side.hear(VoiceStarted(culture="JP", language="ja"))
        side.hear(AnswerText(text="Well"))
        side.hear(
            AnswerFinished(
                answer=Answer(text="Well.", mode="multiplex", completion=ChatCompletion.construct(None))
            )
        )
    return turn


def test_every_part_has_a_place_that_stands_before_it() -> None:
    parts = turn_parts(answered(Wish("Why?", beside=True)), Names(), last=True)
    before = ""
    for name, part in parts.items():
        assert part["into"] == "" or f'id="{part["into"]}"' in before, name
        before += part["html"]
    assert next(iter(parts)) == "t3"


def test_while_it_goes_on_there_is_nothing_to_copy() -> None:
    turn = new_turn(1, Wish("Why?"))
    parts = turn_parts(turn, Names(), last=True)
    assert 'aria-busy="true"' in parts["t1-s0-a"]["html"]
    assert "t1-x" not in parts


def test_only_the_last_turn_is_asked_again() -> None:
    turn = answered(Wish("Why?"))
    assert "Ask again" in turn_parts(turn, Names(), last=True)["t3-x"]["html"]
    assert "Ask again" not in turn_parts(turn, Names(), last=False)["t3-x"]["html"]


def test_trouble_is_an_alert_and_may_be_asked_again() -> None:
    turn = new_turn(1, Wish("Why?"))
    turn.main.state, turn.main.trouble = "failed", Trouble("<No>", "Wait & see.")
    parts = turn_parts(turn, Names(), last=True)
    assert 'role="alert"><strong>&lt;No&gt;</strong><p>Wait &amp; see.</p>' in parts["t1-s0-a"]["html"]
    assert "Ask again" in parts["t1-x"]["html"]


def test_the_question_is_escaped() -> None:
    parts = turn_parts(new_turn(1, Wish("<script>alert(1)</script>")), Names(), last=True)
    assert not any("<script" in part["html"] for part in parts.values())


def test_what_is_shared_is_json_without_the_key() -> None:
    told = shared(answered(Wish("Why?", cultures=("JP",), key="sesame")))
    assert "sesame" not in told
    read = json.loads(told)
    assert read["question"] == "Why?"
    assert read["answers"][0]["answer"]["text"] == "Well."
