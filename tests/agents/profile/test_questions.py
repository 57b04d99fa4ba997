"""Every line that is no question is named, with its field and the cure."""

import json

import pytest

from agents.profile.questions import BadQuestions, digest, read_questions

GOOD = {"id": "q1", "question": "What is eaten?", "options": ["rice", "bread"], "answer": 1}


def write(folder, *rows):
    path = folder / "questions.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_a_question_is_read(folder):
    full = {**GOOD, "id": "q2", "group": "g", "culture": "KE", "language": "sw"}
    first, second = read_questions(write(folder, GOOD, "", full))
    assert (first.id, first.options, first.answer, first.group) == ("q1", ("rice", "bread"), 1, "q1")
    assert (first.culture, first.language) == (None, "en")
    assert (second.group, second.culture, second.language) == ("g", "KE", "sw")


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85"])
def test_a_separator_of_unicode_ends_no_line(folder, mark):
    words = f"What is eaten{mark}at New Year?"
    asked = write(folder, json.dumps({**GOOD, "question": words}, ensure_ascii=False), {**GOOD, "id": "q2"})
    assert [one.text for one in read_questions(asked)] == [words, GOOD["question"]]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("{", "line 2: not JSON"),
        ("[1]", "line 2: expected an object"),
        (GOOD, "line 2: the id 'q1' was used in line 1"),
        ({**GOOD, "id": ""}, "line 2: id must be a text"),
        ({**GOOD, "id": "x", "question": 3}, "line 2: question must be a text"),
        ({**GOOD, "id": "x", "options": ["one"]}, "line 2: options must be a list of 2 to 10"),
        ({**GOOD, "id": "x", "options": ["one", " "]}, "line 2: options must be"),
        (
            {key: value for key, value in GOOD.items() if key != "answer"} | {"id": "x"},
            "line 2: answer is missing",
        ),
        ({**GOOD, "id": "x", "answer": 2}, r"line 2: answer is 2. Give the right option's place, 0 to 1"),
        ({**GOOD, "id": "x", "answer": True}, "line 2: answer is True"),
        ({**GOOD, "id": "x", "answer": "B"}, "line 2: answer is 'B'"),
        ({**GOOD, "id": "x", "culture": 7}, "line 2: culture must be a text"),
        ({**GOOD, "id": "x", "gropu": "g"}, "line 2: unknown field 'gropu'"),
    ],
)
def test_a_bad_line_is_named(folder, row, told):
    with pytest.raises(BadQuestions, match=told):
        read_questions(write(folder, GOOD, row))


def test_a_bad_file_is_named(folder):
    with pytest.raises(BadQuestions, match="cannot be read: No such file"):
        read_questions(folder / "missing.jsonl")
    with pytest.raises(BadQuestions, match="holds no question"):
        read_questions(write(folder, ""))
    latin = folder / "latin.jsonl"
    latin.write_bytes(b'{"id": "caf\xe9"}')
    with pytest.raises(BadQuestions, match="not UTF-8"):
        read_questions(latin)


def test_the_order_of_options_is_shuffled_and_stays(questions):
    orders = {one.order(1) for one in questions}
    assert len(orders) > 3
    assert all(sorted(order) == [0, 1, 2] for order in orders)
    assert [one.order(1) for one in questions] == [one.order(1) for one in questions]
    assert [one.order(1) for one in questions] != [one.order(2) for one in questions]


def test_the_digest_is_of_what_is_asked(folder):
    other = {**GOOD, "id": "q2"}
    one = digest(read_questions(write(folder, GOOD, other)))
    assert one == digest(read_questions(write(folder, other, GOOD)))
    assert one != digest(read_questions(write(folder, GOOD, {**other, "answer": 0})))
