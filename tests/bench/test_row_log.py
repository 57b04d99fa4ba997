"""Nothing that was measured is lost; nothing of another measurement is mixed in."""

import json

import pytest

from bench.row_log import BadRows, RowLog

TOLD = {"model": "tiny", "seed": 1}
ROW = {"key": "a", "answer": "one\u2028two\x85three"}


@pytest.fixture
def log(tmp_path):
    return RowLog(tmp_path / "deep" / "rows.jsonl", TOLD, option="--results")


def test_what_was_added_is_read_whatever_stands_in_it(log):
    assert log.read() == []
    log.add(ROW)
    log.add({"key": "b"})
    assert log.read() == [ROW, {"key": "b"}]
    assert "\u2028" in log.path.read_text("utf-8"), "not escaped: else this tests nothing"
    assert json.loads(log.path.read_text("utf-8").split("\n")[0]) == {"measured": TOLD}


@pytest.mark.parametrize("rest", ['{"key": "b", "ans', '{"key": "b"}'])
def test_a_line_that_was_cut_off_is_asked_again(log, rest):
    log.add(ROW)
    with log.path.open("a") as file:
        file.write(rest)
    again = RowLog(log.path, TOLD, option="--results")
    assert again.read() == [ROW]
    again.add({"key": "c"})
    assert again.read() == [ROW, {"key": "c"}]


def test_another_measurement_is_refused_before_a_row_is_added(log):
    log.add(ROW)
    before = log.path.read_bytes()
    other = RowLog(log.path, {**TOLD, "model": "big"}, option="--results")
    for ask in (other.read, lambda: other.add(ROW)):
        with pytest.raises(BadRows, match=r"with model 'tiny', and now it is 'big'\. Name another --results"):
            ask()
    assert log.path.read_bytes() == before


@pytest.mark.parametrize("first", ['{"key": "a", "answer": "words"}', "hello", "[1]", "7", '{"measured": 7}'])
def test_a_file_that_does_not_say_what_it_is_is_refused_with_what_to_do(log, first):
    log.path.parent.mkdir()
    log.path.write_text(f"{first}\n", "utf-8")
    with pytest.raises(
        BadRows, match=r"does not say what was measured\. Name another --results, or move it away"
    ) as said:
        log.add(ROW)
    line = str(said.value).rpartition("before all others: ")[2]
    assert json.loads(line) == {"measured": TOLD}
    assert log.path.read_text("utf-8") == f"{first}\n"


@pytest.mark.parametrize("line", ["nonsense", "[1]"])
def test_a_line_that_is_no_row_is_named(log, line):
    log.add(ROW)
    log.path.write_text(log.path.read_text("utf-8") + line + "\n", "utf-8")
    with pytest.raises(BadRows, match="line 3: no "):
        log.read()
