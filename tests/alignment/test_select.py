"""No text twice, no leakage, and a choice that covers."""

import json

import numpy as np
import pytest

from alignment.journal import BadFile
from alignment.select import Leakage, choose, leaks, near_duplicates, nobodys, select

TEA = "Whom do I pour tea for first when my grandparents and my boss are at one table?"


def rows(*questions, culture="CN"):
    return [
        {"id": f"{culture}-{at}", "culture": culture, "question": question, "refined": "…", "local": None}
        for at, question in enumerate(questions)
    ]


def test_near_duplicates_are_found_whatever_their_case():
    given = rows(TEA, TEA.upper().replace("?", "!"), "Why do we sweep the graves in early April?")
    assert near_duplicates(given, 10) == {"CN-1": "CN-0"}


def test_the_same_custom_elsewhere_is_no_duplicate():
    """Whoever stood later in the configuration would lose."""
    given = rows("Which dish is eaten at weddings in Mexico?", culture="MX")
    given += rows("Which dish is eaten at weddings in Kenya?", culture="KE")
    assert near_duplicates([{**one, "culture": "MX"} for one in given], 10) == {"KE-0": "MX-0"}
    assert near_duplicates(given, 10) == {}


def test_a_question_that_two_peoples_ask_alike_is_nobodys():
    given = rows("How long does a wedding last?", TEA) + rows("How long does a wedding last", culture="KE")
    assert nobodys(given) == {"CN-0": "KE-0", "KE-0": "CN-0"}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("question_local", "في أي شهر تقام حفلات الزفاف عادة عندكم في البلد"),
        ("question_local", "你们那里的人过年的时候一般会给孩子多少压岁钱呢"),
        ("text", "ما هو الطبق الذي يؤكل في الأعراس عندكم عادة؟"),
        ("text", "你们那里的人过年的时候一般会给孩子多少压岁钱呢？他们几岁以前可以收到压岁钱？"),
    ],
)
def test_leaks_are_seen_in_any_script_and_without_a_mark(tmp_path, field, text):
    (tmp_path / "set.jsonl").write_text(json.dumps({field: text}, ensure_ascii=False) + "\n", "utf-8")
    row = {**rows("Something else altogether, is it not?")[0], "local": {"question": text}}
    assert [one.id for one in leaks([row], [tmp_path], 10)] == ["CN-0"]


def test_a_large_set_is_compared_without_a_word(tmp_path, capfd, caplog):
    same = [json.dumps({"question": f"{TEA} {'!' * at}?"}) for at in range(250)]  # one bucket has them all
    (tmp_path / "set.jsonl").write_text("\n".join(same), "utf-8")
    assert leaks(rows(TEA), [tmp_path], 10)
    assert (capfd.readouterr().err, caplog.text) == ("", "")


def test_no_sets_are_no_comparison(tmp_path):
    with pytest.raises(BadFile, match="holds no question"):
        leaks(rows(TEA), [tmp_path / "data"], 10)


def test_leaks_name_the_file_and_line(tmp_path):
    (tmp_path / "held").mkdir()
    path = tmp_path / "held" / "set.jsonl"
    path.write_text(json.dumps({"question": "Is rice eaten with chopsticks in the south of China?"}) + "\n")
    with path.open("a") as file:
        file.write(json.dumps({"question": TEA.lower()}) + "\n")
    (leak,) = leaks(rows("What is served at the first birthday of a child?", TEA), [tmp_path], 10)
    assert leak.id == "CN-1"
    assert leak.source.endswith("set.jsonl:2:question")


def test_leakage_stops_and_names_all(tmp_path):
    grave = "Why do we sweep the graves in early April?"
    lines = [json.dumps({"question": text}) for text in (TEA, grave)]
    (tmp_path / "set.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.raises(Leakage, match=r"2 items .*: CN-0, CN-1\. Of CN-0, .*set\.jsonl:1:question"):
        select(rows(TEA, grave), {}, per_culture=1, near=10, evaluation=[tmp_path])


def test_the_choice_is_central_first_and_then_unlike():
    """Three alike, two alike, one alone: with three places, one of each kind."""
    angles = np.radians([0, 2, 4, 60, 62, 120])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    chosen = choose(vectors, 3, redundancy=0.7)
    assert {0 if at < 3 else 1 if at < 5 else 2 for at in chosen} == {0, 1, 2}
    assert sorted(choose(vectors, 99)) == list(range(6))


def test_every_row_is_accounted_for():
    given = rows(TEA, TEA, "Why do we sweep the graves in early April?", "What is a red envelope given for?")
    given += rows("Who is asked for the bride's hand among us?", culture="KE")
    vectors = {
        row["id"]: np.asarray([np.cos(at), np.sin(at)], dtype=np.float32) for at, row in enumerate(given)
    }
    kept, thrown = select(given, vectors, per_culture=2, near=10, evaluation=[])
    assert [row["culture"] for row in kept].count("CN") == 2
    assert sorted([row["id"] for row in kept] + [one.id for one in thrown]) == [row["id"] for row in given]
    assert [one.reason for one in thrown] == ["near-duplicate", "redundant"]
