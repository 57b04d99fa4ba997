"""CARE through its real scorers, with a judge and without."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import get_model

from evaluation import arms
from evaluation.datasets import DataError
from evaluation.run import ask
from evaluation.similarity import similarity
from evaluation.tasks.care.task import care

ROWS = [
    ("ja", "日本では、家に入るとき何をしますか。", "玄関で靴を脱ぎ、揃えて置きます。"),
    ("ja", "正月には何を食べますか。", "おせち料理とお雑煮を食べます。"),
    ("zh", "春节时人们做什么?", "人们贴春联，吃年夜饭，给孩子红包。"),
    ("zh", "端午节吃什么?", "吃粽子，看龙舟比赛，纪念屈原。"),
    ("ar", "ماذا يقدم للضيف عند وصوله؟", "تقدم له القهوة العربية والتمر باليد اليمنى."),
    ("ar", "ماذا يأكل الناس عند الإفطار في رمضان؟", "يبدأون بالتمر والماء ثم الشوربة."),
]
HUMAN = {question: answer for _, question, answer in ROWS}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "care").mkdir()
    rows = [
        {
            "id": f"care-{number}",
            "lang": lang,
            "question": question,
            "answer": answer,
            "associated_culture": lang,
        }
        for number, (lang, question, answer) in enumerate(ROWS)
    ]
    (tmp_path / "care" / "care_test.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8"
    )
    return tmp_path


def run(endpoint: Any, data: Path, *, judge: bool = False) -> EvalLog:
    model = get_model("arm/plain", base_url=endpoint.url, patience=0.2, memoize=False)
    roles = {}
    if judge:
        roles["judge"] = get_model(
            "arm/plain", base_url=endpoint.url, backbone="judge", purse=arms.JUDGE_SPENT, memoize=False
        )
    log = ask(care(str(data)), model, data / "logs", connections=4, roles=roles)
    assert log.status == "success", log.error
    return log


def values(log: EvalLog, name: str) -> list[float]:
    return [float((sample.scores or {})[name].value) for sample in log.samples or ()]  # type: ignore[arg-type]


def test_the_humans_own_words_are_the_best_answer(endpoint: Any, data: Path) -> None:
    endpoint.say = lambda body: HUMAN[body["messages"][-1]["content"]]
    log = run(endpoint, data)
    assert sorted(endpoint.asked) == sorted(HUMAN), "every question once, as it stands"
    assert min(values(log, "similarity")) > 0.99
    lifts = {str(sample.id): (sample.scores or {})["lift"].value for sample in log.samples or ()}
    own, other = ROWS[0][2], ROWS[1][2]
    assert lifts["care-0#0.0"] == pytest.approx(similarity(own, own) - similarity(own, other))
    assert min(lifts.values()) > 0.03
    assert set(values(log, "language")) == {1}
    assert all(map(math.isnan, values(log, "judged"))), "nobody judged"


def test_the_right_language_is_not_yet_a_right_answer(endpoint: Any, data: Path) -> None:
    """What stands in another language, and what answers another question of the same language."""
    wrong = {
        one[1]: other[2] for one, other in zip(ROWS, [*ROWS[1::-1], *ROWS[3:1:-1], *ROWS[:3:-1]], strict=True)
    }
    endpoint.say = lambda body: wrong[body["messages"][-1]["content"]]
    log = run(endpoint, data)
    assert set(values(log, "language")) == {1}
    assert max(values(log, "lift")) < 0 < min(values(log, "similarity"))
    endpoint.say = lambda body: "Guests are welcomed warmly with something to eat and to drink."
    assert set(values(run(endpoint, data / ".." / data.name), "language")) == {0}


def test_a_judge_is_read_strictly_named_and_paid_apart(endpoint: Any, data: Path) -> None:
    def say(body: dict[str, Any]) -> str:
        asked = body["messages"][-1]["content"]
        if body["model"] != "judge":
            return HUMAN[asked]
        return "A fine answer: 5" if ROWS[0][1] in asked else '{"reason": "as good", "rating": 4}'

    endpoint.say = say
    log = run(endpoint, data, judge=True)
    by_id = {str(sample.id): (sample.scores or {})["judged"] for sample in log.samples or ()}
    unread = by_id.pop("care-0#0.0")
    assert {score.value for score in by_id.values()} == {0.75}
    assert math.isnan(float(unread.value))  # type: ignore[arg-type]
    assert (unread.metadata or {}) == {"judge": "scripted", "unparsed": True}
    for sample in log.samples or ():
        assert (sample.store["spent"]["calls"], sample.store["judge_spent"]["calls"]) == (1, 1)
    judged = [body for body in endpoint.bodies if body["model"] == "judge"]
    assert {body["temperature"] for body in judged} == {0}
    assert len({body["messages"][0]["content"].partition("carry ")[2][:8] for body in judged}) == len(ROWS)


def test_missing_data_and_wrong_variants_are_named(tmp_path: Path, data: Path) -> None:
    with pytest.raises(DataError, match=r"Source: github.com/Guochry/CARE"):
        care(str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="variants must be one of"):
        care(str(data), variants=4)
