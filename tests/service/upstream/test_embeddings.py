"""An embeddings endpoint: vectors of unit length, in order, and errors that say whose fault it is."""

import json

import httpx
import numpy as np
import pytest

from agents import BackboneError, BackboneRejected, BackboneTimeout, BackboneUnavailable
from service.settings import EmbedderParams
from service.upstream.embeddings import TOGETHER, EmbeddingsEndpoint

PARAMS = EmbedderParams(model="e5", api_base="http://embedder/v1/", api_key="secret")


@pytest.fixture
def endpoint():
    """An endpoint whose answers are made by a function, and what it was asked."""
    made = []

    def build(answer):
        asked = []

        def handle(request):
            asked.append(request)
            return answer(request)

        one = EmbeddingsEndpoint(PARAMS, transport=httpx.MockTransport(handle))
        made.append(one)
        return one, asked

    yield build
    for one in made:
        one.close()


def vectors(request):
    texts = json.loads(request.content)["input"]
    rows = [{"index": at, "embedding": [float(len(text)), 0.0, 1.0]} for at, text in enumerate(texts)]
    return httpx.Response(200, json={"data": rows[::-1]})


def test_vectors_have_unit_length_and_are_kept(endpoint):
    one, asked = endpoint(vectors)
    vector = one.embed("abc")
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert vector[0] / vector[2] == pytest.approx(3)
    assert one.embed("abc") is vector
    assert len(asked) == 1
    assert str(asked[0].url) == "http://embedder/v1/embeddings"
    assert asked[0].headers["authorization"] == "Bearer secret"
    assert json.loads(asked[0].content)["model"] == one.name == "e5"


def test_many_are_asked_for_together_and_in_order(endpoint):
    one, asked = endpoint(vectors)
    rows = one.embed_all(["x" * (at + 1) for at in range(TOGETHER + 5)])
    assert len(asked) == 2
    assert [round(float(row[0] / row[2])) for row in rows] == list(range(1, TOGETHER + 6))


def broken(request):
    raise httpx.ConnectError("no")


def slow(request):
    raise httpx.ReadTimeout("no")


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (broken, BackboneUnavailable, "cannot be reached"),
        (slow, (BackboneTimeout, BackboneUnavailable), "did not answer within 5 s"),
        (lambda _: httpx.Response(500), BackboneUnavailable, "status 500"),
        (
            lambda _: httpx.Response(302, headers={"Location": "http://elsewhere"}),
            BackboneUnavailable,
            "status 302",
        ),
        (lambda _: httpx.Response(401), BackboneRejected, "refused with status 401"),
        (lambda _: httpx.Response(200, text="hello"), BackboneError, "holds no vectors"),
        (
            lambda _: httpx.Response(200, json={"data": [{"index": 0, "embedding": "x"}]}),
            BackboneError,
            "no vectors",
        ),
        (lambda _: httpx.Response(200, json={"data": []}), BackboneError, "no vectors"),
        (
            lambda _: httpx.Response(200, json={"data": [{"index": 0, "embedding": [0.0, 0.0]}]}),
            BackboneError,
            "does not hold 1 vectors",
        ),
    ],
)
def test_what_goes_wrong_is_told_and_not_kept(endpoint, answer, error, told):
    one, asked = endpoint(answer)
    with pytest.raises(error, match=told):
        one.embed("abc")
    with pytest.raises(error):
        one.embed("abc")
    # Who is not there is let rest, or each voice of a council would wait for it; who refuses is asked again.
    assert len(asked) == (1 if error in (BackboneUnavailable, (BackboneTimeout, BackboneUnavailable)) else 2)
