"""Bytes that are no request: each is answered in the envelope, with 4xx, before any backbone is asked.

One row of the tables, one request; a row is easier to read long than folded.
"""
# ruff: noqa: E501

import json
import socket
import time
from typing import Any

import pytest

GOOD: dict[str, Any] = {"model": "polylect/multiplex", "messages": [{"role": "user", "content": "Hello"}]}
CHAT = "/v1/chat/completions"


def but(**changes: Any) -> bytes:
    """A good request with these fields changed; `...` takes one out."""
    body = GOOD | changes
    return json.dumps({name: value for name, value in body.items() if value is not ...}).encode()


def raw(field: str, literal: str) -> bytes:
    """A good request with a field as it could not come out of a JSON library."""
    return but()[:-1] + f', "{field}": {literal}}}'.encode()


def said(message: Any) -> bytes:
    return but(messages=[message])


DEEP = 5_000
BODIES: list[tuple[str, bytes, str | None, str | None]] = [
    # name, body, param, a word of the message
    ("empty", b"", None, "empty"),
    ("blank", b" \r\n\t", None, "empty"),
    ("null", b"null", None, "null"),
    ("a list", b"[]", None, "array"),
    ("a string", b'"x"', None, "'x'"),
    ("a number", b"1", None, "1"),
    ("not json", b"{not json", None, "not JSON"),
    ("cut off", but()[:-7], None, "not JSON"),
    ("twice", but() * 2, None, "trailing"),
    ("trailing comma", but()[:-1] + b",}", None, "trailing comma"),
    ("a form", b"model=polylect&messages=x", None, "not JSON"),
    ("byte order mark", b"\xef\xbb\xbf" + but(), None, "byte order mark"),
    ("utf-16", but().decode().encode("utf-16"), None, "UTF-16"),
    ("utf-16, no mark", but().decode().encode("utf-16-le"), None, "not JSON"),
    ("latin-1", but().replace(b"Hello", b"\xe9\xe8"), None, "unicode"),
    ("overlong utf-8", but().replace(b"Hello", b"\xc0\xaf"), None, "unicode"),
    ("a surrogate in utf-8", but().replace(b"Hello", b"\xed\xa0\x80"), None, "unicode"),
    ("a control character", but().replace(b"Hello", b"\x00"), None, "control character"),
    ("gzip", b"\x1f\x8b\x08\x00" + bytes(20), None, "not JSON"),
    ("lone surrogate in content", but().replace(b"Hello", rb"\ud800"), None, "hex escape"),
    ("lone surrogate in model", raw("model", r'"\udfff"'), None, "surrogate"),
    ("lone surrogate in a key", but()[:-1] + rb', "\ud800": 1}', None, "hex escape"),
    ("lone surrogate in cultures", raw("polylect", r'{"cultures": ["\ud800x"]}'), None, "hex escape"),
    ("NaN", raw("x", "NaN"), "x", "NaN"),
    ("Infinity", raw("x", "[1, -Infinity]"), "x.1", "Infinity"),
    ("too large", raw("logit_bias", '{"7": 1e999}'), "logit_bias.7", "number"),
    ("NaN in a message", raw("messages", '[{"role": "user", "x": [NaN]}]'), "messages.0.x.0", "NaN"),
    ("NaN in a part", raw("messages", '[{"role": "user", "content": [{"type": "a", "b": NaN}]}]'), None, "NaN"),
    ("NaN in an option", raw("stream_options", '{"x": NaN}'), "stream_options", "stream"),
    ("NaN as temperature", raw("temperature", "NaN"), "temperature", "nan"),
    ("NaN for a backbone's own id", raw("model", '"scripted"')[:-1] + b', "a": {"b": NaN}}', "a.b", "NaN"),
    ("NaN for direct", raw("model", '"polylect/direct"')[:-1] + b', "top_p": NaN}', "top_p", "NaN"),
    ("a number of 5,000 digits", raw("seed", "1" * 5_000), None, "number"),
    ("deep arrays", raw("x", "[" * DEEP + "]" * DEEP), None, "recursion"),
    ("deep objects", raw("x", '{"a":' * DEEP + "1" + "}" * DEEP), None, "recursion"),
    ("deep and open", b"[" * 100_000, None, "recursion"),
    ("deep content", raw("messages", '[{"role": "user", "content": ' + "[" * DEEP), None, "recursion"),
    ("no model", but(model=...), "model", "required"),
    ("model null", but(model=None), "model", "null"),
    ("model empty", but(model=""), "model", "at least 1"),
    ("model of 300 characters", but(model="m" * 300), "model", "256"),
    ("no messages", but(messages=...), "messages", "required"),
    ("no message", but(messages=[]), "messages", "at least 1"),
    ("a message of text", but(messages=["Hello"]), "messages.0", "'Hello'"),
    ("messages as text", but(messages="Hello"), "messages", "'Hello'"),
    ("100,000 messages", but(messages=GOOD["messages"] * 100_000), "messages", "10000"),
    ("no role", said({"content": "Hello"}), "messages.0.role", "required"),
    ("an unknown role", said({"role": "king", "content": "Hello"}), "messages.0.role", "'king'"),
    ("role of the wrong type", said({"role": 1, "content": "Hello"}), "messages.0.role", "1"),
    ("content a number", said({"role": "user", "content": 5}), "messages.0.content", "5"),
    ("content an object", said({"role": "user", "content": {}}), "messages.0.content", "an object"),
    ("content true", said({"role": "user", "content": True}), "messages.0.content", "true"),
    ("no parts", said({"role": "user", "content": []}), "messages.0.content", "at least 1"),
    ("a part of text", said({"role": "user", "content": ["Hello"]}), "messages.0.content.0", "'Hello'"),
    ("a part null", said({"role": "user", "content": [None]}), "messages.0.content.0", "null"),
    ("a part without type", said({"role": "user", "content": [{"text": "a"}]}), "messages.0.content.0.type", "required"),
    ("a text part without text", said({"role": "user", "content": [{"type": "text"}]}), "messages.0.content.0.text", "text"),
    ("text a number", said({"role": "user", "content": [{"type": "text", "text": 1}]}), "messages.0.content.0.text", "1"),
    ("a tool's word about no call", said({"role": "tool", "content": "a"}), "messages.0.tool_call_id", "call"),
    ("stream a string", but(stream="yes"), "stream", "'yes'"),
    ("stream a number", but(stream=1), "stream", "1"),
    ("stream_options without stream", but(stream_options={"include_usage": True}), "stream_options", "stream"),
    ("stream_options a list", but(stream=True, stream_options=[]), "stream_options", "array"),
    ("include_usage a string", but(stream=True, stream_options={"include_usage": "no"}), "stream_options.include_usage", "'no'"),
    ("n negative", but(n=-1), "n", "-1"),
    ("n zero", but(n=0), "n", "0"),
    ("n a thousand million", but(n=10**9), "n", "1000000000"),
    ("n of 4,000 digits", raw("n", "9" * 4_000), "n", "999"),
    ("n a fraction", but(n=1.5), "n", "1.5"),
    ("n a string", but(n="2"), "n", "'2'"),
    ("n true", but(n=True), "n", "true"),
    ("stop of five", but(stop=list("abcde")), "stop", "4"),
    ("stop a number", but(stop=7), "stop", "7"),
    ("stop with a number", but(stop=["a", 7]), "stop.1", "7"),
    ("stop with nothing", but(stop=[""]), "stop.0", "at least 1"),
    ("max_tokens zero", but(max_tokens=0), "max_tokens", "0"),
    ("max_tokens negative", but(max_tokens=-5), "max_tokens", "-5"),
    ("max_tokens a string", but(max_tokens="12"), "max_tokens", "'12'"),
    ("max_tokens beyond all", but(max_tokens=10**18), "max_tokens", "1000000000000000000"),
    ("max_tokens a fraction", but(max_tokens=1e18), "max_tokens", "1e+18"),
    ("max_completion_tokens zero", but(max_completion_tokens=0), "max_completion_tokens", "0"),
    ("temperature a string", but(temperature="warm"), "temperature", "'warm'"),
    ("temperature true", but(temperature=True), "temperature", "true"),
    ("temperature too high", but(temperature=3), "temperature", "3"),
    ("top_p negative", but(top_p=-0.1), "top_p", "-0.1"),
    ("seed a string", but(seed="7"), "seed", "'7'"),
    ("tools an object", but(tools={}), "tools", "an object"),
    ("tools of text", but(tools=["weather"]), "tools.0", "'weather'"),
    ("a tool without type", but(tools=[{}]), "tools.0.type", "required"),
    ("polylect a number", but(polylect=5), "polylect", "5"),
    ("polylect true", but(polylect=True), "polylect", "true"),
    ("polylect with an unknown field", but(polylect={"culture": []}), "polylect.culture", "culture"),
    ("polylect with many", but(polylect=dict.fromkeys(map(str, range(100_000)))), "polylect", "64"),
    ("polylect with a long one", but(polylect={"k" * 10_000: 1}), "polylect." + "k" * 111 + "…", "kkk"),
    ("an unknown mode", but(polylect={"mode": "loud"}), "polylect.mode", "'loud'"),
    ("mode a number", but(polylect={"mode": 1}), "polylect.mode", "1"),
    ("cultures an object", but(polylect={"cultures": {}}), "polylect.cultures", "an object"),
    ("cultures of numbers", but(polylect={"cultures": [1]}), "polylect.cultures.0", "1"),
    ("an unknown culture", but(polylect={"cultures": ["Atlantis"]}), "polylect.cultures", "Atlantis"),
    ("a culture of NUL", but(polylect={"cultures": ["\0\n"]}), "polylect.cultures", ""),
    ("an empty culture", but(polylect={"cultures": [""]}), "polylect.cultures", ""),
    ("a culture of 10,000 characters", but(polylect={"cultures": ["J" * 10_000]}), "polylect.cultures.0", "128"),
    ("1,000 cultures", but(polylect={"cultures": ["JP"] * 1_000}), "polylect.cultures", "64"),
    ("max_agents a string", but(polylect={"max_agents": "3"}), "polylect.max_agents", "'3'"),
    ("max_agents beyond all", but(polylect={"max_agents": 10**9}), "polylect.max_agents", "1000000000"),
    ("rounds three", but(polylect={"rounds": 3}), "polylect.rounds", "3"),
    ("trace a string", but(polylect={"trace": "true"}), "polylect.trace", "'true'"),
    ("a language of slashes", but(polylect={"reasoning_language": "../../x"}), "polylect.reasoning_language", "../../x"),
    ("no language", but(polylect={"reasoning_language": ""}), "polylect.reasoning_language", "''"),
    ("direct: content a number", but(model="polylect/direct", messages=[{"role": "user", "content": 5}]), "messages.0.content", "5"),
]  # fmt: skip

MANY = 400_000
NUMBERS = "[" + "1," * MANY + "1]"
OBJECTS = "[" + "{}," * MANY + "{}]"
FIELDS = json.dumps({f"k{number}": 1 for number in range(MANY)})
LONG: list[tuple[str, str, str, str | None]] = [
    # name, path, body, param: one error for each item would take seconds and gigabytes
    ("a prompt of objects", "completions", f'{{"model": "scripted", "prompt": {OBJECTS}}}', "prompt.0"),
    ("tokens of objects", "completions", f'{{"model": "scripted", "prompt": [{OBJECTS}]}}', "prompt.0.0"),
    ("embeddings of objects", "embeddings", f'{{"model": "scripted", "input": {OBJECTS}}}', "input.0"),
    ("input of numbers", "responses", f'{{"model": "polylect/auto", "input": {NUMBERS}}}', "input[0]"),
    ("content of numbers", "responses", f'{{"model": "polylect/auto", "input": [{{"role": "user", "content": {NUMBERS}}}]}}', "input[0].content[0]"),
    ("tools of numbers", "responses", f'{{"model": "polylect/auto", "input": "a", "tools": {NUMBERS}}}', "tools[0]"),
    ("include of numbers", "responses", f'{{"model": "polylect/auto", "input": "a", "include": {NUMBERS}}}', "include[0]"),
    ("a response's polylect with many", "responses", f'{{"model": "polylect/auto", "input": "a", "polylect": {FIELDS}}}', "polylect"),
    ("detect with many fields", "polylect/detect", FIELDS, None),
    ("score with many fields", "polylect/score", FIELDS, None),
]  # fmt: skip

MODELS = [
    "polylect/",
    "polylect/@",
    "polylect/multiplex@x",
    "a\nb",
    "\0",
    "模型",
    "polylect/\u202e",
    "../x",
]

POST = b"POST " + CHAT.encode()
JSON = b"Content-Type: application/json"
REQUESTS: list[tuple[str, bytes, bytes, bytes, int, str]] = [
    # name, request line, headers, body, status, code
    ("gzip coding", POST, JSON + b"\r\nContent-Encoding: gzip", but(), 415, "unsupported_encoding"),
    ("two codings", POST, JSON + b"\r\nContent-Encoding: identity, br", but(), 415, "unsupported_encoding"),
    ("a form's type", POST, b"Content-Type: application/x-www-form-urlencoded", but(), 415, "unsupported_media_type"),
    ("text", POST, b"Content-Type: text/plain", but(), 415, "unsupported_media_type"),
    ("an odd type", POST, b"Content-Type: \xff;;=\"", but(), 415, "unsupported_media_type"),
    ("utf-16 by name", POST, JSON + b"; Charset=\"UTF-16\"", but(), 415, "unsupported_media_type"),
    ("PUT", b"PUT " + CHAT.encode(), JSON, but(), 405, "method_not_allowed"),
    ("DELETE", b"DELETE /v1/models/x", b"X: y", b"", 405, "method_not_allowed"),
    ("OPTIONS", b"OPTIONS " + CHAT.encode(), b"X: y", b"", 405, "method_not_allowed"),
    ("TRACE", b"TRACE /healthz", b"X: y", b"", 405, "method_not_allowed"),
    ("unknown path", b"GET /v1/nothing", b"X: y", b"", 404, "unknown_url"),
    ("unknown path with a body", b"POST /v1/nothing", JSON, but(), 404, "unknown_url"),
    ("double slash", b"POST //v1/chat/completions", JSON, but(), 404, "unknown_url"),
    ("trailing slash", b"POST /v1/chat/completions/", JSON, but(), 404, "unknown_url"),
    ("path traversal", b"GET /v1/models/../../etc/passwd", b"X: y", b"", 404, "model_not_found"),
    ("path of bad utf-8", b"GET /v1/%ff%fe%00%0d%0a", b"X: y", b"", 404, "unknown_url"),
    ("a model of bad utf-8", b"GET /v1/models/%ff%00", b"X: y", b"", 404, "model_not_found"),
    ("half an escape", b"GET /%", b"X: y", b"", 404, "unknown_url"),
    ("a long path", b"GET /" + b"a" * 20_000, b"X: y", b"", 404, "unknown_url"),
    ("raw bytes in the path", b"GET /\xff\xfe", b"X: y", b"", 400, "invalid_http"),
    ("a bad host", b"GET /v1/nothing", b"Host: [", b"", 404, "unknown_url"),
    ("a bad host's body", POST, JSON + b"\r\nHost: [::", b"", 400, "invalid_json"),
    ("an id of CR", POST, JSON + b"\r\nX-Request-Id: a\rb", b"", 400, "invalid_http"),
    ("an id of 10 KB", POST, JSON + b"\r\nX-Request-Id: " + b"a" * 10_000, b"", 400, "invalid_json"),
    ("an id of no ASCII", POST, JSON + b"\r\nX-Request-Id: \xc3\xa9", b"", 400, "invalid_json"),
    ("a huge header", POST, b"X: " + b"y" * 200_000, but(), 431, "headers_too_large"),
    ("many headers", POST, b"\r\n".join(b"X%d: y" % i for i in range(10_000)), but(), 431, "headers_too_large"),
    ("two lengths", POST, b"Content-Length: 2\r\nContent-Length: 3", b"", 400, "invalid_http"),
    ("a length and chunks", POST, b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n", 400, "invalid_http"),
    ("a negative length", POST, b"Content-Length: -1", b"", 400, "invalid_http"),
    ("a length of words", POST, b"Content-Length: ten", b"", 400, "invalid_http"),
    ("a length beyond all", POST, b"Content-Length: 99999999999999999999999", b"", 400, "invalid_http"),
    ("a length beyond ours", POST, b"Content-Length: 999999999999", b"", 413, "body_too_large"),
    ("chunks of no hex", POST, b"Transfer-Encoding: chunked", b"zz\r\n", 400, "invalid_http"),
    ("a chunk beyond all", POST, b"Transfer-Encoding: chunked", b"ffffffffffffffffff\r\n", 400, "invalid_http"),
    ("chunk extensions without end", POST, b"Transfer-Encoding: chunked", b"1;" + b"a" * 400_000, 431, "headers_too_large"),
    ("trailers without end", POST, b"Transfer-Encoding: chunked", b"1\r\n{\r\n0\r\nX: " + b"a" * 400_000, 431, "headers_too_large"),
    ("no HTTP", b"\x16\x03\x01\x02\x00\x01", b"X: y", b"", 400, "invalid_http"),
    ("an unknown method", b"BREW /coffee", b"X: y", b"", 400, "invalid_http"),
    ("a space in a header's name", b"GET /healthz", b"X Y: z", b"", 400, "invalid_http"),
    ("an upgrade", b"GET /v1/chat/completions", b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13", b"", 405, "method_not_allowed"),
]  # fmt: skip


def ask(service: str, head: bytes, headers: bytes, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """One request over a socket of its own, as it is. A length is added where none is said."""
    host, _, port = service.removeprefix("http://").partition(":")
    extra = b"" if b"Host:" in headers else b"\r\nHost: x"
    if not {b"content-length", b"transfer-encoding"} & {
        line.partition(b":")[0].lower() for line in headers.split(b"\r\n")
    }:
        extra += b"\r\nContent-Length: %d" % len(body)
    request = head + b" HTTP/1.1\r\n" + headers + extra + b"\r\nConnection: close\r\n\r\n" + body
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    first, _, content = answer.partition(b"\r\n\r\n")
    status, *lines = first.decode("latin-1").split("\r\n")
    named = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split(" ")[1]), named, content


def check(backbone: Any, answer: tuple[int, dict[str, str], bytes]) -> tuple[int, dict[str, Any]]:
    """What holds for every refusal."""
    status, headers, content = answer
    assert 400 <= status < 500
    assert headers["x-request-id"]
    assert len(headers["x-request-id"]) <= 128
    assert headers["content-type"] == "application/json"
    body = json.loads(content)
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["type"] == "invalid_request_error"
    assert len(body["error"]["message"]) < 1_000
    assert backbone.raw == []
    return status, body["error"]


@pytest.mark.parametrize(
    ("body", "param", "word"), [one[1:] for one in BODIES], ids=[one[0] for one in BODIES]
)
def test_a_malformed_body(service, backbone, body, param, word):
    status, error = check(backbone, ask(service, POST, JSON, body))
    assert status == 400
    assert error["code"]
    assert param is None or error["param"] == param
    assert word in error["message"]
    field = (param or "").split(".")[-1].rstrip("…")[:20]
    assert field in error["message"] or error["code"] == "unknown_culture"


@pytest.mark.parametrize(("path", "body", "param"), [one[1:] for one in LONG], ids=[one[0] for one in LONG])
def test_of_a_long_list_of_faults_the_first_is_enough(service, backbone, path, body, param):
    began = time.monotonic()
    status, error = check(backbone, ask(service, f"POST /v1/{path}".encode(), JSON, body.encode()))
    assert time.monotonic() - began < 2
    assert (status, error["param"], error["code"]) == (400, param, "invalid_value")
    assert (param or "64 fields") in error["message"]


@pytest.mark.parametrize(
    ("name", "items", "word"),
    [
        ("input", [{"role": "user", "content": ""}] * 10_001, "10000"),
        ("input", [{"role": "user", "content": [{"type": "input_text", "text": ""}] * 10_001}], "10000"),
        ("tools", [{"type": "function", "name": "f"}] * 1_001, "1000"),
        ("include", ["reasoning.encrypted_content"] * 65, "64"),
    ],
)
def test_a_responses_lists_have_an_end(service, backbone, name, items, word):
    body = json.dumps({"model": "polylect/auto", "input": "Hello", name: items}).encode()
    status, error = check(backbone, ask(service, b"POST /v1/responses", JSON, body))
    assert (status, error["code"]) == (400, "invalid_value")
    assert error["param"].startswith(name)
    assert word in error["message"]


def test_empty_texts_are_counted_too(service, backbone):
    body = json.dumps({"model": "scripted", "input": [""] * 200_001}).encode()
    status, error = check(backbone, ask(service, b"POST /v1/embeddings", JSON, body))
    assert (status, error["code"]) == (400, "context_length_exceeded")


@pytest.mark.parametrize("model", MODELS)
def test_a_model_that_is_none(service, backbone, model):
    status, error = check(backbone, ask(service, POST, JSON, but(model=model)))
    assert (status, error["param"], error["code"]) == (404, "model", "model_not_found")
    assert repr(model) in error["message"]


@pytest.mark.parametrize(
    ("head", "headers", "body", "status", "code"),
    [one[1:] for one in REQUESTS],
    ids=[one[0] for one in REQUESTS],
)
def test_malformed_http(service, backbone, head, headers, body, status, code):
    found, error = check(backbone, ask(service, head, headers, body))
    assert (found, error["code"]) == (status, code)
    assert error["message"]


@pytest.mark.parametrize(
    "changes",
    [
        {"x": 1, "temperature": -0.0, "seed": -1, "stop": None, "tools": [], "max_tokens": None},
        {"messages": [{"role": "user", "content": "\0 \u202e 𝕌 " + "e\u0301" * 5_000}]},
        {"messages": [{"role": "assistant", "content": None, "tool_calls": 5}, {"role": "user", "content": ""}]},
        {"messages": [{"role": "system"}]},
        {"x": "9" * 5_000, "y": 10**4_000, "z": [[[[{}]]]]},
        {"model": "polylect/direct", "n": 2, "stop": 5, "temperature": "warm", "tools": 1, "max_tokens": -1},
        {"model": "scripted", "n": "2", "messages": [{"role": "king", "content": ["text", {}]}]},
        {"polylect": {"cultures": "JP", "audience": "en"}, "metadata": {"\n": "\0"}},
    ],
)  # fmt: skip
def test_what_is_odd_and_allowed_is_answered(service, backbone, changes):
    status, _, content = ask(service, POST, JSON, but(**changes))
    assert status == 200 or changes.get("n") == "2", content
    assert len(backbone.raw) >= 1 or changes.get("n") == "2"


def test_of_a_field_said_twice_the_last_counts(service, backbone):
    body = b'{"model": "nothing", "messages": 1, ' + but(model="scripted")[1:]
    assert ask(service, POST, JSON, body)[0] == 200
    assert backbone.raw == [body]
