"""Planted knowledge is found again, exactly; noise is English everywhere."""

import numpy as np
import pytest

from agents.profile.clusters import TooLittle, check_clusters, cluster
from agents.profile.draw_map import Ways, draw_map
from agents.profile.profiler import left_to_do, made_here, record
from agents.profile.trial_log import TrialLog

TRIED = ("en", "zh", "ar", "es")
TOLD = {
    "model": "tiny",
    "questions": "q",
    "prompts": "p",
    "reasoned": False,
    "tokens": 0,
    "embedder": "planted",
}


@pytest.fixture
def drawn(questions, vectors, trials, cultures, folder):
    async def draw(model, *, languages=TRIED, vectors=vectors, **ways):
        log = TrialLog(folder / "trials.jsonl", TOLD)
        left = left_to_do(questions, languages, log)
        async for _ in record(made_here(trials(model), left, at_once=4), len(left), log):
            pass
        made = log.read()
        return draw_map(
            questions, made, vectors, TOLD, languages=languages, cultures=cultures, ways=Ways(**ways)
        )

    return draw


def by_subject(made, questions):
    """Which language each subject was given, by the questions that stand nearest to its centre."""
    return {one.typical[0].split("-")[0]: one.choice for one in made.file.clusters}


async def test_planted_knowledge_is_found_again(drawn, knows, questions):
    model = knows({("food", "zh"): 1.0, ("weddings", "ar"): 1.0})
    made = await drawn(model)
    assert by_subject(made, questions) == {"food": "zh", "weddings": "ar", "games": "en"}


async def test_a_question_is_routed_by_what_was_planted(drawn, knows, vectors, questions):
    made = await drawn(knows({("games", "es"): 1.0}))
    routes = [made.route(vector) for vector in vectors]
    for question, route in zip(questions, routes, strict=True):
        assert route.language == ("es" if question.id.startswith("games") else "en")
        assert route.known


async def test_noise_is_english_everywhere(drawn, knows):
    made = await drawn(knows({}))
    places = [*made.file.clusters, *made.file.cultures.values(), made.file.overall]
    assert {one.choice for one in places} == {"en"}


async def test_a_culture_is_best_asked_in_its_own_language(drawn, knows_own):
    """Knowledge that follows the culture, and not the subject."""
    made = await drawn(knows_own({"CN": "zh", "EG": "ar", "MX": "es"}))
    assert made.file.overall.choice == "own"
    assert {name: one.choice for name, one in made.file.cultures.items()} == {
        "CN": "zh",
        "EG": "ar",
        "MX": "es",
    }


async def test_sparse_clusters_borrow(drawn, knows):
    made = await drawn(knows({("food", "zh"): 1.0}), minimum=60)
    lent = [one.from_here for cluster in made.file.clusters for one in cluster.evidence]
    assert all(0 < one < 1 for one in lent)


async def test_too_few_questions_are_english(drawn, knows):
    made = await drawn(knows({("food", "zh"): 1.0}), minimum=500)
    assert {one.choice for one in made.file.clusters} == {"en"}
    assert {one.why for one in made.file.clusters} == {"too few questions"}


async def test_counts_say_who_was_right(drawn, knows):
    made = await drawn(knows({("food", "zh"): 1.0, ("food", "en"): 0.0}))
    food = next(one for one in made.file.clusters if one.typical[0].startswith("food"))
    assert sum(row["zh"][0] for row in food.counts.values()) == 40
    assert sum(row["en"][0] for row in food.counts.values()) == 0
    assert sum(row["en"][1] for row in food.counts.values()) == food.questions == 40


def test_what_was_not_asked_everywhere_makes_no_map(questions, vectors, cultures):
    with pytest.raises(TooLittle, match="No question has an answer in each of en, zh"):
        draw_map(questions, {}, vectors, TOLD, languages=("en", "zh"), cultures=cultures, ways=Ways())


def test_more_clusters_than_questions_are_refused_before_and_after_they_are_asked(questions, vectors):
    """Before: by their words, for asking takes hours. After: by their vectors, which may be fewer."""
    texts = [one.text for one in questions]
    check_clusters(texts, 120)
    check_clusters(texts, None)
    told = "120 different questions cannot make 121 clusters. Ask for fewer clusters, or leave"
    with pytest.raises(TooLittle, match=told):
        check_clusters([*texts, *texts], 121)
    with pytest.raises(TooLittle, match="0 different questions cannot make 1 clusters"):
        check_clusters([], None)
    with pytest.raises(TooLittle, match="3 different questions cannot make 4 clusters"):
        cluster(np.repeat(vectors[:3], 5, axis=0), number=4)
