"""Nothing that was measured is lost; nothing of another measurement is mixed in."""

from dataclasses import replace

import pytest

from agents.profile.trial import Trial
from agents.profile.trial_log import BadLog, TrialLog

TOLD = {"model": "tiny", "questions": "abc"}


def trial(question, language="en"):
    return Trial(question, language, True, 0, 0.5, "probability", "en", 64)


@pytest.fixture
def log(folder):
    made = TrialLog(folder / "deep" / "trials.jsonl", TOLD)
    yield made
    made.close()


def test_what_was_added_is_read(log):
    assert log.read() == {}
    log.add(trial("q1"))
    log.add(trial("q1", "sw"))
    assert log.read() == {("q1", "en"): trial("q1"), ("q1", "sw"): trial("q1", "sw")}


def test_a_line_that_was_cut_off_is_asked_again(log):
    log.add(trial("q1"))
    log.close()
    with log.path.open("a") as file:
        file.write('{"question": "q2", "lang')
    again = TrialLog(log.path, TOLD)
    assert list(again.read()) == [("q1", "en")]
    again.add(trial("q2"))
    again.close()
    assert list(TrialLog(log.path, TOLD).read()) == [("q1", "en"), ("q2", "en")]


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85"])
def test_a_separator_of_unicode_ends_no_line(log, mark):
    one = replace(trial("q1"), thought=f"first{mark}second")
    log.add(one)
    log.add(trial("q2"))
    assert mark in log.path.read_text("utf-8"), "not escaped: else this tests nothing"
    assert list(log.read().values()) == [one, trial("q2")]


def test_a_line_without_its_end_is_asked_again_and_cut(log):
    """It would be cut off when the next one is written: it must not count as made before."""
    log.add(trial("q1"))
    log.add(trial("q2"))
    log.close()
    log.path.write_text(log.path.read_text("utf-8").removesuffix("\n"), "utf-8")
    again = TrialLog(log.path, TOLD)
    assert list(again.read()) == [("q1", "en")]
    again.add(trial("q3"))
    again.close()
    assert list(TrialLog(log.path, TOLD).read()) == [("q1", "en"), ("q3", "en")]


def test_another_measurement_is_refused(log):
    log.add(trial("q1"))
    with pytest.raises(BadLog, match="model 'tiny', and now it is 'big'"):
        TrialLog(log.path, {**TOLD, "model": "big"}).read()


def test_what_is_no_log_is_refused(log, folder):
    other = folder / "notes.txt"
    other.write_text("hello\n")
    with pytest.raises(BadLog, match="no log of trials"):
        TrialLog(other, TOLD).read()
    log.add(trial("q1"))
    log.close()
    log.path.write_text(log.path.read_text() + "nonsense\n" + "nonsense\n")
    with pytest.raises(BadLog, match="line 3: no trial"):
        TrialLog(log.path, TOLD).read()
