"""Clients that are slow, silent, gone or deaf: each wait has an end, and the connection ends with it."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

GOOD = json.dumps({"model": "scripted", "messages": [{"role": "user", "content": "Hello"}]}).encode()
POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
PATIENCE = {"header_seconds": 0.4, "body_seconds": 0.6, "write_seconds": 0.6, "max_body_bytes": 1_000_000}


@pytest.fixture(scope="module")
def quick(_backbone, serve_settings, settings_for) -> Iterator[str]:
    """A service that gives up early."""
    with serve_settings(settings_for(_backbone.url, **PATIENCE)) as url:
        yield url


@pytest.fixture
def connect(quick):
    opened: list[socket.socket] = []

    def connect(receive_buffer: int | None = None) -> socket.socket:
        host, _, port = quick.removeprefix("http://").partition(":")
        connection = socket.socket()
        opened.append(connection)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(5)
        connection.connect((host, int(port)))
        return connection

    yield connect
    for one in opened:
        one.close()


def rest(connection: socket.socket) -> bytes:
    answer = b""
    while piece := connection.recv(65_536):
        answer += piece
    return answer


def error(answer: bytes) -> tuple[bytes, str, str]:
    head, _, content = answer.partition(b"\r\n\r\n")
    assert b"x-request-id: " in head
    assert b"connection: close" in head.lower()
    said = json.loads(content)["error"]
    assert set(said) == {"message", "type", "param", "code"}
    return head.split(b" ")[1], said["code"], said["message"]


def trickle(connection: socket.socket, piece: bytes, seconds: float) -> None:
    """Send `piece` again and again until the other side has had enough."""
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            connection.sendall(piece)
            time.sleep(0.05)
    except OSError:
        pass


def test_a_body_that_trickles_is_408(connect, backbone):
    connection = connect()
    connection.sendall(POST + b"Content-Length: 1000\r\n\r\n")
    sending = threading.Thread(target=trickle, args=(connection, b"x", 1))
    sending.start()
    began = time.monotonic()
    status, code, message = error(rest(connection))
    assert time.monotonic() - began < 3
    assert (status, code) == (b"408", "body_timeout")
    assert "0.6 s" in message
    assert backbone.raw == []
    sending.join()


def test_a_length_that_promises_too_much_is_408(connect, backbone):
    connection = connect()
    connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % (len(GOOD) + 1) + GOOD)
    assert error(rest(connection))[:2] == (b"408", "body_timeout")
    assert backbone.raw == []


def test_a_length_that_promises_too_little_is_400_and_ends_there(connect, backbone):
    connection = connect()
    connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % (len(GOOD) - 5) + GOOD)
    status, code, _ = error(answer := rest(connection))
    assert status == b"400"
    assert code in {"invalid_http", "invalid_json"}  # what is left over is no request, and may be read first
    assert answer.count(b"HTTP/1.1 ") == 1
    assert backbone.raw == []


@pytest.mark.parametrize(("first", "more"), [(b"POST /v1/chat", b"t"), (POST, b"X: y\r\n")])
def test_headers_that_trickle_are_408(connect, first, more):
    connection = connect()
    connection.sendall(first)
    sending = threading.Thread(target=trickle, args=(connection, more, 1))
    sending.start()
    began = time.monotonic()
    assert error(rest(connection))[:2] == (b"408", "headers_timeout")
    assert time.monotonic() - began < 3
    sending.join()


def test_empty_lines_are_no_request(connect):
    connection = connect()
    sending = threading.Thread(target=trickle, args=(connection, b"\r\n", 1))
    sending.start()
    assert rest(connection) == b""
    sending.join()


def test_a_connection_that_never_asks_is_closed(connect):
    connection = connect()
    began = time.monotonic()
    assert connection.recv(10) == b""
    assert 0.3 < time.monotonic() - began < 3


@pytest.mark.parametrize("more", [b"\r\n", b"POST /v1/ch"])
def test_a_long_answer_is_not_cut_by_the_time_for_the_next_headers(connect, backbone, more):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["word "] * 6, pause=0.15)
    connection = connect()
    connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD)
    time.sleep(0.1)
    connection.sendall(
        more
    )  # an empty line, as old clients send it after a body, or the next request's begin
    assert b"word word word word word word" in rest(connection)


def test_a_connection_serves_many_requests(connect):
    connection = connect()
    asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    for _ in range(3):
        connection.sendall(asked)
        answer = b""
        while b'{"status":"ok"}' not in answer:
            answer += connection.recv(65_536)
        time.sleep(0.25)  # longer than headers may take, in all
    connection.sendall(asked * 3)
    answer = b""
    while answer.count(b'{"status":"ok"}') < 3:
        answer += connection.recv(65_536)


@pytest.mark.parametrize("megabytes", [2, 200])
def test_a_body_without_end_is_413_and_not_read_to_it(connect, backbone, megabytes):
    connection = connect()
    connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    piece = b"%x\r\n" % 100_000 + b" " * 100_000 + b"\r\n"
    sent = 0
    try:
        while sent < megabytes * 1_000_000:
            connection.sendall(piece)
            sent += 100_000
    except OSError:
        pass  # the service closed, or took no more
    assert error(rest(connection))[:2] == (b"413", "body_too_large")
    assert sent <= 64_000_000, "what kernels buffer on the way, and little more"
    assert backbone.raw == []


def test_httpx_sees_the_413(quick, backbone):
    answer = httpx.post(f"{quick}/v1/chat/completions", content=b" " * 3_000_000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert backbone.raw == []


def test_an_answer_before_the_body_ends_its_connection(connect):
    connection = connect()
    connection.sendall(
        b"POST /v1/nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"
    )
    began = time.monotonic()
    assert b"unknown_url" in rest(connection)
    assert time.monotonic() - began < 3


def test_a_client_that_leaves_in_its_body_is_no_failure(connect, quick, backbone, caplog):
    connection = connect()
    connection.sendall(POST + b"Content-Length: 1000\r\n\r\nabc")
    time.sleep(0.1)
    connection.close()
    time.sleep(0.2)
    assert httpx.get(f"{quick}/healthz").status_code == 200
    assert not [one for one in caplog.records if one.exc_info]
    assert backbone.raw == []


def test_a_client_that_reads_nothing_is_dropped_and_its_backbone_call_ends(connect, backbone):
    reply = type(backbone.reply({}))
    backbone.reply = lambda body: reply(words=["word " * 20_000] * 100_000)
    connection = connect(receive_buffer=4_096)
    body = GOOD[:-1] + b', "stream": true}'
    connection.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    until = time.monotonic() + 15
    while not backbone.running and time.monotonic() < until:
        time.sleep(0.02)
    assert backbone.running == 1
    while backbone.running and time.monotonic() < until:
        time.sleep(0.02)
    assert backbone.running == 0, "the call went on for a client that does not read"
