"""The decoys through the real scorers: the entropy alone would praise one, its companions expose both."""

import math
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import get_model
from inspect_ai.scorer import Score

from agents.pds import distribution
from evaluation import arms
from evaluation.run import ask
from evaluation.tasks.worldviews.extracted import Named, locate
from evaluation.tasks.worldviews.measures import sectors
from evaluation.tasks.worldviews.questions import load_questions
from evaluation.tasks.worldviews.task import worldviews

TO_THE_POINT = 0.08
"""A lift that a decoy does not reach (at most 0.05 over all questions), and one that answers has."""
ANSWER = (
    "In Japan, the tea ceremony is a beautiful and much loved practice. "
    "The Japanese also keep Obon. Nobody enjoys the terrible wars that tore Mexico apart."
)


def run(
    folder: Path, arm: str, url: str = "http://127.0.0.1:9/v1", judge: bool = False, **options: Any
) -> EvalLog:
    model = get_model(f"arm/{arm}", base_url=url, patience=0.2, memoize=False)
    roles = {}
    if judge:
        roles["judge"] = get_model(
            "arm/plain", base_url=url, backbone="judge", purse=arms.JUDGE_SPENT, memoize=False
        )
    log = ask(worldviews(variants=1, **options), model, folder, connections=4, roles=roles)
    assert log.status == "success", log.error
    return log


def scored(log: EvalLog, name: str) -> list[Score]:
    return [(sample.scores or {})[name] for sample in log.samples or ()]


def values(log: EvalLog, name: str) -> list[float]:
    return [float(score.value) for score in scored(log, name)]  # type: ignore[arg-type]


def test_a_list_of_cultures_has_entropy_and_nothing_else(tmp_path: Path) -> None:
    log = run(tmp_path, "list_all", limit=2)
    assert min(values(log, "entropy")) > 0.95
    assert set(values(log, "sectors_named")) == {8}
    assert set(values(log, "specifics_share")) == set(values(log, "specifics_per_100_words")) == {0}
    assert max(values(log, "relevance")) < TO_THE_POINT
    assert set(values(log, "sentiment")) == {0}
    assert all(sample.store["spent"]["calls"] == 0 for sample in log.samples or ())


def test_neutral_words_have_neither(tmp_path: Path) -> None:
    log = run(tmp_path, "neutral", limit=2)
    for name in ("entropy", "sectors_named", "references", "specifics_share"):
        assert set(values(log, name)) == {0}, name
    assert max(values(log, "relevance")) < TO_THE_POINT
    assert all(map(math.isnan, values(log, "sentiment"))), "there is nothing to have a tone about"


def test_what_the_log_keeps_pools(endpoint: Any, tmp_path: Path) -> None:
    endpoint.say = lambda body: ANSWER
    log = run(tmp_path, "plain", endpoint.url, limit=2)
    pooled: dict[str, float] = {}
    for score in scored(log, "entropy"):
        for sector, count in (score.metadata or {})["counts"].items():
            pooled[sector] = pooled.get(sector, 0) + count
    assert pooled["east-asian"] > pooled["latin-american"] > 0
    assert set(pooled) == {"east-asian", "latin-american"}
    entropy = distribution(pooled, sectors=len(sectors())).entropy
    assert entropy == pytest.approx(values(log, "entropy")[0])
    rows = scored(log, "counts")[0].value
    assert isinstance(rows, dict)
    assert set(rows) == set(sectors())
    assert rows["western"] == 0
    tones = (scored(log, "sentiment")[0].metadata or {})["sentiment"]
    assert tones["east-asian"]["positive"] > 0 == tones["east-asian"]["negative"]
    assert tones["latin-american"]["negative"] == 1


def test_another_language_than_vaders_has_no_tone(endpoint: Any, tmp_path: Path) -> None:
    endpoint.say = lambda body: (
        "En Japón la ceremonia del té es una costumbre hermosa y muy querida por todos."
    )
    log = run(tmp_path, "plain", endpoint.url, limit=1)
    assert math.isnan(values(log, "sentiment")[0])
    assert values(log, "references")[0] > 0


def test_an_answer_is_nearer_to_its_question_than_to_others(endpoint: Any, tmp_path: Path) -> None:
    endpoint.say = lambda body: "About this: " + body["messages"][-1]["content"]
    assert min(values(run(tmp_path, "plain", endpoint.url, limit=2), "relevance")) > TO_THE_POINT


def test_an_extractor_gives_a_second_opinion(endpoint: Any, tmp_path: Path) -> None:
    given = (
        '{"references": ['
        '{"text": "Japan", "culture": "Japanese", "sector": "east-asian", "kind": "territory"},'
        '{"text": "Obon", "culture": "Japanese", "sector": "east-asian", "kind": "festival"},'
        '{"text": "Mexico", "culture": "Mexican", "sector": "latin-american", "kind": "territory"},'
        '{"text": "Ubuntu", "culture": "Zulu", "sector": "sub-saharan-african", "kind": "idea"}]}'
    )
    endpoint.say = lambda body: given if body["model"] == "judge" else ANSWER
    log = run(tmp_path, "plain", endpoint.url, judge=True, limit=1, extractor=True)
    (score,) = scored(log, "extracted")
    assert isinstance(score.value, dict)
    assert score.value["references"] == 3
    assert score.value["specifics_share"] == pytest.approx(1 / 3)
    assert (score.metadata or {})["counts"] == {"east-asian": 2, "latin-american": 1}
    assert (score.metadata or {})["invented"] == 1, "Ubuntu does not stand in the answer"
    (sample,) = log.samples or ()
    assert (sample.store["spent"]["calls"], sample.store["judge_spent"]["calls"]) == (1, 1)


def test_what_an_extractor_babbles_is_counted_and_scores_nothing(endpoint: Any, tmp_path: Path) -> None:
    endpoint.say = lambda body: "Here are they: Japan." if body["model"] == "judge" else ANSWER
    log = run(tmp_path, "plain", endpoint.url, judge=True, limit=1, extractor=True)
    (score,) = scored(log, "extracted")
    assert (score.metadata or {})["unparsed"] is True
    assert isinstance(score.value, dict)
    assert all(math.isnan(float(value)) for value in score.value.values())  # type: ignore[arg-type]
    assert values(log, "references")[0] > 0, "the other scorers are not touched"


def test_a_reference_counts_where_it_stands_and_once() -> None:
    twice = [Named(text="Japan", culture="Japanese", sector="east-asian", kind="territory")] * 3
    assert [(one.start, one.end) for one in locate(twice, "Japan and Japan")] == [(0, 5), (10, 15)]
    elsewhere = Named(text="Japan", culture="Japanese", sector="atlantis", kind="territory")
    empty = Named(text=" ", culture="Japanese", sector="east-asian", kind="territory")
    assert not list(locate([elsewhere, empty], "Japan  "))


@pytest.mark.parametrize(("variants", "phrasings"), [(1, 1), (3, 3), (9, 3)])
def test_every_question_is_put_in_its_phrasings(variants: int, phrasings: int) -> None:
    task = worldviews(variants=variants)
    assert len(task.dataset) == 84 * phrasings
    assert len({str(sample.input) for sample in task.dataset}) == 84 * phrasings
    assert {(sample.metadata or {})["text"] for sample in task.dataset} == {
        one.text for one in load_questions()
    }
    with pytest.raises(ValueError, match="variants must be one of"):
        worldviews(variants=2)
