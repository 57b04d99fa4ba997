import json
from collections import Counter

import pytest

from alignment.dialogues import (
    ITEMS,
    Item,
    Telling,
    dialogues,
    drawn,
    hand_written,
    made,
    pairs,
    read_requests,
    spread,
)
from alignment.journal import BadFile

CULTURES = sorted(path.stem for path in ITEMS.glob("*.jsonl"))
ROW = {
    "id": "JP-001",
    "culture": "JP",
    "domain": "food",
    "question": "When is it eaten?",
    "target": "At Christmas.",
    "target_f1": 0.7,
    "critique": "- Not at Christmas: at New Year.",
    "refined": "At New Year.",
    "refined_f1": 0.9,
    "local": {
        "language": "ja",
        "question": "いつ?",
        "answer": "正月です。",
        "critique": "正月です、と言うべきです。",
    },
}


def grid(cultures: int, domains: int, each: int = 2) -> list[Item]:
    return [
        Item(f"{c}-{d}-{n}", f"c{c}", f"d{d}", (Telling("en", "q", "w", "k", "a"),))
        for c in range(cultures)
        for d in range(domains)
        for n in range(each)
    ]


def rows(tmp_path, *told):
    path = tmp_path / "select.jsonl"
    path.write_text("".join(json.dumps({**ROW, **one}) + "\n" for one in told), "utf-8")
    return made(path)


def test_a_critique_dialogue_learns_the_critique_and_the_right_answer_alone():
    telling = Telling("en", "When?", "In May.", "It is June.", "In June.")
    said = {"en": {"critique": "What is wrong?", "again": "Again:"}}
    critique, plain = dialogues([Item("X-01", "X", "food", (telling,))], said, 0.7)
    assert [(one.role, one.content, one.learned) for one in critique.messages] == [
        ("user", "When?", False),
        ("assistant", "In May.", False),
        ("user", "What is wrong?", False),
        ("assistant", "It is June.", True),
        ("user", "Again: When?", False),
        ("assistant", "In June.", True),
    ]
    assert [(one.content, one.learned) for one in plain.messages] == [("When?", False), ("In June.", True)]


def test_no_wrong_answer_of_any_item_is_learned_or_chosen():
    items = hand_written(CULTURES)
    wrong = {one.wrong for item in items for one in item.tellings}
    spoken = dialogues(items, read_requests(), 0.7)
    assert len(wrong) == 2 * len(items)
    for dialogue in spoken:
        assert [one.role for one in dialogue.messages] == ["user", "assistant"] * (
            len(dialogue.messages) // 2
        )
        assert not any(
            one.learned and (one.content in wrong or one.role == "user") for one in dialogue.messages
        )
        assert dialogue.messages[-1].learned
    assert not {one.chosen for one in pairs(items, 0.7)} & wrong
    assert {one.rejected for one in pairs(items, 0.7)} == wrong


def test_hand_written_items_give_each_form_in_each_language_once():
    items = hand_written(CULTURES)
    spoken = dialogues(items, read_requests(), 0.7)
    forms = Counter((one.form, one.language == "en") for one in spoken)
    assert set(forms.values()) == {len(items)}, "a language of the items has no words to ask for a critique"
    assert len(forms) == 4


def test_requests_differ_from_language_to_language():
    requests = read_requests()
    texts = [text for said in requests.values() for text in said.values()]
    assert len(set(texts)) == len(texts) == 2 * len(requests)


def test_an_item_of_an_english_speaking_culture_is_told_once(tmp_path):
    told = {
        name: {"en": f"{name}!", "local": f"{name}!"} for name in ("question", "answer", "wrong", "critique")
    }
    row = {"id": "GB-01", "culture": "GB", "language": "en", "domain": "food", **told}
    (tmp_path / "GB.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    (item,) = hand_written(["GB", "FR"], tmp_path)
    assert [one.language for one in item.tellings] == ["en"]


@pytest.mark.parametrize("broken", [{"en": "only"}, "no object", {"en": "x", "local": " "}])
def test_an_item_without_one_of_its_texts_is_named(tmp_path, broken):
    told = {name: {"en": "one", "local": "uno"} for name in ("question", "answer", "wrong")}
    row = {"id": "MX-07", "culture": "MX", "language": "es", "domain": "food", **told, "critique": broken}
    (tmp_path / "MX.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    with pytest.raises(BadFile, match="MX-07: critique lacks"):
        hand_written(["MX"], tmp_path)


def test_a_made_row_whose_answer_was_right_enough_gives_no_pair(tmp_path):
    items = rows(tmp_path, {}, {"id": "JP-002", "target_f1": 0.71}, {"id": "JP-003", "refined_f1": 0.2})
    assert [one.item for one in pairs(items, 0.7)] == ["JP-001"]
    assert [one.item for one in pairs(items, 0.8)] == ["JP-001", "JP-002"]
    (pair,) = pairs(items, 0.7)
    assert (pair.chosen, pair.rejected, pair.language) == ("At New Year.", "At Christmas.", "en")


def test_what_was_right_is_not_criticised_and_what_grew_worse_is_not_learned(tmp_path):
    given = rows(tmp_path, {}, {"id": "JP-002", "target_f1": 0.71}, {"id": "JP-003", "refined_f1": 0.2})
    spoken = dialogues(given, read_requests(), 0.7)
    assert {(one.item, one.form) for one in spoken} == {
        ("JP-001", "critique"), ("JP-001", "plain"), ("JP-002", "plain"),
    }  # fmt: skip


def test_a_made_row_goes_on_in_the_local_language_after_the_english_answer(tmp_path):
    spoken = dialogues(rows(tmp_path, {}), read_requests(), 0.7)
    assert [(one.form, one.language) for one in spoken] == [
        ("critique", "en"), ("plain", "en"), ("critique", "ja"), ("plain", "ja"),
    ]  # fmt: skip
    contents = [one.content for one in spoken[2].messages]
    assert contents[:2] == [ROW["question"], ROW["target"]]
    assert contents[3] == ROW["local"]["critique"]
    assert contents[4].endswith("いつ?")
    assert contents[5] == "正月です。"


def test_a_made_row_with_an_empty_text_is_named(tmp_path):
    with pytest.raises(BadFile, match="JP-001: refined is no text"):
        rows(tmp_path, {"refined": ""})


def test_a_language_without_requests_has_the_plain_dialogue(tmp_path):
    local = {**ROW["local"], "language": "iu"}
    spoken = dialogues(rows(tmp_path, {"local": local}), read_requests(), 0.7)
    assert [(one.form, one.language) for one in spoken if one.language == "iu"] == [("plain", "iu")]


def test_the_first_ten_are_spread_evenly_and_part_of_the_first_thirty():
    items = grid(5, 12)
    ten, thirty = drawn(items, 1, 10), drawn(items, 1, 30)
    assert thirty[:10] == ten
    assert drawn(items, 1)[:30] == thirty
    assert set(Counter(one.culture for one in ten).values()) == {2}
    assert len({one.domain for one in ten}) == 10
    assert set(Counter(one.culture for one in thirty).values()) == {6}
    assert set(Counter((one.culture, one.domain) for one in thirty).values()) == {1}
    assert max(Counter(one.domain for one in thirty).values()) - 30 // 12 <= 1


def test_the_order_is_the_seeds_not_the_files():
    items = grid(4, 6)
    assert spread(items[::-1], 1) == spread(items, 1) != spread(items, 2)
    assert sorted(one.id for one in spread(items, 2)) == sorted(one.id for one in items)


def test_no_culture_crowds_out_the_others():
    items = [*grid(1, 50), *(one for one in grid(4, 5) if one.culture != "c0")]
    counts = Counter(one.culture for one in drawn(items, 1))
    assert counts == {"c0": 20, "c1": 10, "c2": 10, "c3": 10}


def test_nothing_is_drawn_from_nothing():
    assert drawn([], 1, 5) == []
