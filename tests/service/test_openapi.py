"""The document says what is true: held against every route, against real answers, and by a fuzzer."""

import gc
import json
import os
from datetime import timedelta
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.openapi.checks import JsonSchemaError
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service import schemas
from service.app import create_app
from service.openapi import ENDPOINTS

EXAMPLES = int(os.environ.get("POLYLECT_FUZZ_EXAMPLES", "25"))
HELLO = [{"role": "user", "content": "Hello"}]
OPERATIONS = [tuple(endpoint.split(" ")) for endpoint in ENDPOINTS]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def document(settings_for) -> dict[str, Any]:
    return create_app(settings_for("http://127.0.0.1:9/v1")).openapi()


@pytest.fixture(scope="module")
def _no_garbage_is_collected():
    """Schemathesis parses our modules, and a finalizer that runs meanwhile may lead to another parse, by the
    traceback that pytest writes of it: CPython before 3.11.8 and 3.12.2 breaks on that (gh-106905)."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module")
def schema(document, _no_garbage_is_collected):
    load_all_checks()
    return schemathesis.openapi.from_dict(document)


def test_every_route_is_described_by_a_line(document):
    found = {
        f"{method.upper()} {path}" for path, operations in document["paths"].items() for method in operations
    }
    assert found == set(ENDPOINTS), "add a line to service/openapi.py for what is new"


def test_no_answer_of_fastapis_own_is_left(document):
    written = json.dumps(document)
    assert "HTTPValidationError" not in written
    assert '"422"' not in written
    assert '"schema": {}' not in written
    for operations in document["paths"].values():
        for operation in operations.values():
            assert {"200", "404", "4XX", "5XX"} <= set(operation["responses"])


def test_every_reference_leads_somewhere(document):
    def references(value: Any) -> Any:
        if isinstance(value, dict):
            yield from [value["$ref"]] if "$ref" in value else []
            value = list(value.values())
        if isinstance(value, list):
            for one in value:
                yield from references(one)

    named = {one.removeprefix("#/components/schemas/") for one in references(document)}
    assert named == set(document["components"]["schemas"])


@pytest.mark.parametrize("path", ["/docs", "/docs/oauth2-redirect", "/redoc"])
def test_there_is_no_page_that_would_load_scripts_of_others(service, path):
    answer = httpx.get(f"{service}{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_url")
    assert httpx.get(f"{service}/openapi.json").json()["info"]["title"] == "Polylect"


@pytest.mark.parametrize(
    "model", ["polylect/multiplex", "polylect/expert", "polylect/contextual", "polylect/direct", "scripted"]
)
@pytest.mark.parametrize("trace", [False, True])
def test_real_answers_are_as_described(schema, service, backbone, model, trace):
    steering = {} if model == "scripted" else {"polylect": {"trace": trace}}
    answer = httpx.post(
        f"{service}/v1/chat/completions", json={"model": model, "messages": HELLO, **steering}
    )
    assert answer.status_code == 200
    schema["/v1/chat/completions"]["POST"].validate_response(answer)
    asked = {"model": model, "messages": HELLO, "stream": True, "stream_options": {"include_usage": True}}
    stream = httpx.post(f"{service}/v1/chat/completions", json={**asked, **steering})
    assert stream.headers["content-type"].startswith("text/event-stream")
    frames = [line.removeprefix("data: ") for line in stream.text.splitlines() if line.startswith("data: ")]
    schema["/v1/chat/completions"]["POST"].validate_response(stream)
    assert frames.pop() == "[DONE]"
    for frame in frames:
        schemas.ChatCompletionChunk.model_validate_json(frame)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/models", 200),
        ("GET", "/v1/models/polylect/multiplex@scripted", 200),
        ("GET", "/v1/models/none", 404),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("POST", "/v1/chat/completions", 400),
    ],
)
def test_other_answers_are_as_described(schema, service, method, path, status):
    answer = httpx.request(method, f"{service}{path}")
    assert answer.status_code == status
    described = "/v1/models/{model}" if path.startswith("/v1/models/") else path
    schema[described][method].validate_response(answer)


@pytest.mark.parametrize(
    ("method", "path", "kind", "content"),
    [
        ("GET", "/healthz", "application/json", b'{"status": "perhaps"}'),
        ("POST", "/v1/chat/completions", "text/event-stream", b'data: {"id": "perhaps"}\n\ndata: [DONE]\n\n'),
    ],
)
def test_a_broken_answer_is_seen(schema, service, method, path, kind, content):
    asked = httpx.Request(method, f"{service}{path}")
    headers = {"content-type": kind, "x-request-id": "a"}
    answer = httpx.Response(200, headers=headers, content=content, request=asked, extensions={})
    answer.elapsed = timedelta(0)
    with pytest.raises(JsonSchemaError):
        schema[path][method].validate_response(answer)


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [(*one, GenerationMode.POSITIVE) for one in OPERATIONS]
    # without a body nothing can be wrong: any text is right in a header or a path
    + [(*one, GenerationMode.NEGATIVE) for one in OPERATIONS if ENDPOINTS[" ".join(one)].request],
)
def test_whatever_is_sent_is_answered_as_described(schema, service, method, path, mode):
    checks = [*CHECKS, negative_data_rejection] if mode is GenerationMode.NEGATIVE else CHECKS
    operation = schema[path][method]

    with requests.Session() as session:

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(mode))
        def ask(case: Any) -> None:
            named = case.body.get("model") if isinstance(case.body, dict) else None
            if isinstance(named, str) and 1 <= len(named) <= 256:
                # a random model is unknown, and the rest would hardly be looked at
                case.body["model"] = "polylect/multiplex"
            case.call_and_validate(base_url=service, session=session, checks=checks)

        ask()
