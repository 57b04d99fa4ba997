"""What is written stays; what was cut off is made again; what is no row is named."""

import pytest

from alignment.journal import BadFile, Journal, Thrown, read_rows


def test_rows_and_rejected_rows_are_done(tmp_path):
    journal = Journal(tmp_path, "question")
    journal.add({"id": "a", "text": "茶"})
    journal.reject("b", "unreadable", "…")
    journal.close()
    again = Journal(tmp_path, "question")
    assert again.done() == {"a", "b"}
    assert again.rows() == [{"id": "a", "text": "茶"}]
    assert again.reasons() == {"unreadable": 1}


def test_a_line_that_was_cut_off_is_dropped(tmp_path):
    journal = Journal(tmp_path, "question")
    journal.add({"id": "a"})
    journal.close()
    with journal.path.open("a") as file:
        file.write('{"id": "b", "te')
    assert [row["id"] for row in journal.rows()] == ["a"]
    journal.add({"id": "c"})
    assert [row["id"] for row in journal.rows()] == ["a", "c"]
    journal.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"id": "a"}\n{bad\n', "line 2: no JSON"),
        ("[1]\n", "line 1: no JSON object"),
        ('{"name": "a"}\n', "line 1: it lacks id"),
        ('{"id": "a"}\n{"id": "a"}\n', "line 2: the id 'a' is given twice"),
    ],
)
def test_what_is_no_row_is_named(tmp_path, content, said):
    path = tmp_path / "plan.jsonl"
    path.write_text(content)
    with pytest.raises(BadFile, match=said):
        read_rows(path)


def test_a_file_made_anew_is_whole_or_as_it_was(tmp_path):
    journal = Journal(tmp_path, "select")
    journal.replace([{"id": "a"}], [Thrown("b", "redundant")])
    journal.replace([{"id": "b"}], [])
    assert (journal.rows(), journal.rejected()) == ([{"id": "b"}], [])

    def broken():
        yield {"id": "c"}
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        journal.replace(broken())
    assert journal.rows() == [{"id": "b"}]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadFile, match="Run the stage that writes it first"):
        read_rows(tmp_path / "plan.jsonl")
