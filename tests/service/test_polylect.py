"""The endpoints of our own: no backbone is asked."""

import httpx
import pytest

from agents import Cultures


def test_detect_says_what_an_answers_context_says(service, backbone, knowledge):
    text = "Why do Japanese people bow when they greet each other?"
    answer = httpx.post(f"{service}/v1/polylect/detect", json={"text": text})
    assert answer.status_code == 200
    assert answer.json() == knowledge.detector.detect(text).as_dict()
    assert answer.json()["cultures"][0]["id"] == "JP"
    assert backbone.bodies == []


def test_detect_says_unknown_where_it_does_not_know(service):
    found = httpx.post(f"{service}/v1/polylect/detect", json={"text": "12 * 12 = ?"}).json()
    assert (found["language"], found["cultures"], found["cue"]) == (None, [], "none")


def test_detect_takes_a_conversation_and_who_asks(service, backbone):
    body = {
        "messages": [
            {"role": "system", "content": "You help customers in Kenya."},
            {"role": "user", "content": "I live in Osaka."},
            {"role": "assistant", "content": "I live in Peru."},
            {"role": "user", "content": [{"type": "text", "text": "How do Turks greet a guest?"}]},
        ],
        "audience": "Brasil",
    }
    headers = {"Accept-Language": "en;q=0.5, pt-PT"}
    found = httpx.post(f"{service}/v1/polylect/detect", json=body, headers=headers).json()
    assert [one["id"] for one in found["cultures"]] == ["TR"]
    assert [one["id"] for one in found["audience"]] == ["BR", "JP", "KE", "PT"]
    assert sum(one["weight"] for one in found["audience"]) == pytest.approx(1, abs=1e-3)
    assert [(one["text"], one["culture"], one["kind"], one["turn"]) for one in found["spans"]] == [
        ("Turks", "TR", "people", 0),
        ("I live in Osaka", "JP", "audience", -1),
        ("customers in Kenya", "KE", "audience", "system"),
    ]
    assert backbone.bodies == []


@pytest.mark.parametrize("audience", ["en", "es", "pt", "", None])
def test_a_language_of_many_homes_and_no_audience_say_nothing(service, audience):
    body = {"text": "How do I greet a guest?", "audience": audience}
    answer = httpx.post(f"{service}/v1/polylect/detect", json=body)
    assert (answer.status_code, answer.json()["audience"]) == (200, [])


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"text": "a", "messages": [{"role": "user", "content": "b"}]}, None, "invalid_value"),
        ({"audience": "JP"}, None, "invalid_value"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": [{"role": "king", "content": "a"}]}, "messages.0.role", "invalid_value"),
        ({"text": None}, "text", "invalid_value"),
        ({"text": "a", "audience": 7}, "audience", "invalid_value"),
        ({"text": "a", "audience": "x" * 65}, "audience", "invalid_value"),
        ({"text": "a", "audience": "Atlantis"}, "audience", "unknown_culture"),
    ],
)
def test_what_is_wrong_with_what_to_detect_is_named(service, body, param, code):
    answer = httpx.post(f"{service}/v1/polylect/detect", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code), error


@pytest.mark.parametrize("path", ["chat/completions", "responses"])
def test_answers_tell_who_asks_by_header_and_body(service, path):
    asked = "How do Turks greet a guest?"
    said = {"messages": [{"role": "user", "content": asked}]} if path[0] == "c" else {"input": asked}
    body = {"model": "polylect/contextual", "polylect": {"audience": "ja"}, **said}
    answer = httpx.post(f"{service}/v1/{path}", json=body, headers={"Accept-Language": "pt-BR, en;q=0.1"})
    found = answer.json()["polylect"]["context"]["audience"]
    assert [(one["id"], one["evidence"]) for one in found] == [
        ("JP", ["audience JP"]),
        ("BR", ["locale pt-BR"]),
    ]


def test_an_audience_that_nobody_knows_is_named(service, backbone):
    body = {"model": "polylect/multiplex", "messages": [{"role": "user", "content": "Hello"}]}
    answer = httpx.post(f"{service}/v1/chat/completions", json={**body, "polylect": {"audience": "Atlantis"}})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (
        400,
        "polylect.audience",
        "unknown_culture",
    )
    assert "'Atlantis'" in error["message"]
    assert backbone.bodies == []


def test_score_gives_the_references_that_it_rests_on(service, knowledge):
    text = "In Japan people bow; in Kenya they shake hands."
    found = httpx.post(f"{service}/v1/polylect/score", json={"text": text}).json()
    assert found == knowledge.scorer.score(text).as_dict()
    assert found["distribution"] == {"east-asian": 0.5, "sub-saharan-african": 0.5}
    assert found["entropy"] == pytest.approx(1 / 3, abs=1e-15)
    assert found["sectors"] == 8
    assert [(one["text"], one["culture"]) for one in found["references"]] == [
        ("Japan", "JP"),
        ("Kenya", "KE"),
    ]


def test_score_of_a_text_that_names_nobody_is_zero(service):
    found = httpx.post(f"{service}/v1/polylect/score", json={"text": "2 + 2"}).json()
    assert found == {"distribution": {}, "entropy": 0.0, "sectors": 8, "references": []}


def test_cultures_are_listed_with_names_in_their_own_languages(service):
    found = httpx.get(f"{service}/v1/polylect/cultures").json()
    by_id = {one["id"]: one for one in found["data"]}
    assert found["object"] == "list"
    assert list(by_id) == [culture.id for culture in Cultures.load()]
    assert by_id["JP"]["names"] == {"en": "Japan", "ja": "日本"}
    assert (by_id["JP"]["sector"], by_id["JP"]["languages"]) == ("east-asian", ["ja"])


@pytest.mark.parametrize("path", ["detect", "score"])
@pytest.mark.parametrize("body", [b"", b"{}", b'{"text": 5}', b'{"text": "a", "more": 1}', b'"a"'])
def test_bad_input_is_named(service, path, body):
    answer = httpx.post(f"{service}/v1/polylect/{path}", content=body)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_what_is_not_there_is_404_in_the_envelope(service):
    for path in ("/v1/polylect", "/v1/polylect/none", "/v1/audio/speech", "/v1", "/v1/responses/resp_1"):
        answer = httpx.get(f"{service}{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) in {
            (404, "unknown_url"),
            (405, "method_not_allowed"),
        }
