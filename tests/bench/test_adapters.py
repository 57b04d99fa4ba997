"""What is counted of voices at once, before a scripted backbone."""

import argparse

import pytest

from bench.adapters import Turn, ask, table


def test_every_voice_is_asked_once_and_shares_the_beginning(backbone):
    options = argparse.Namespace(url=backbone.url, tokens=7, conversation=100)
    turn = ask(options, "Turn 1, one a voice.", ["a", "b", "c"])
    assert sorted(body["model"] for body in backbone.bodies) == ["a", "b", "c"]
    texts = {body["messages"][0]["content"] for body in backbone.bodies}
    assert len(texts) == 3
    assert len({text.rpartition(" How should")[0] for text in texts}) == 1
    assert turn.prompt > 0
    assert turn.seconds > 0


def test_the_table_has_medians_and_the_ratio_to_the_first_row():
    turns = {
        "base": [Turn(2.0, 100, 50), Turn(4.0, 100, 50), Turn(90.0, 100, 50)],
        "each": [Turn(10.0, 100, 0), Turn(12.0, 100, 0), Turn(14.0, 100, 10)],
    }
    lines = table(turns, 5)
    assert lines[0] == "100 prompt tokens a turn, answers of 5; medians of 3."
    assert lines[-2:] == ["| base | 4.0 | 1.00 | 50% |", "| each | 12.0 | 3.00 | 0% |"]


def test_a_voice_that_is_refused_ends_it(backbone):
    options = argparse.Namespace(url=backbone.url + "/nowhere", tokens=7, conversation=100)
    with pytest.raises(Exception, match="404"):
        ask(options, "", ["a"])
