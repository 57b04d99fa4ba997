"""A teacher and judge by rules, before the stages as an endpoint, and before the commands as a server."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from agents import Cultures, Prompts
from alignment.chat import Endpoint
from alignment.config import EndpointConfig
from alignment.makers import PROMPTS

Say = Callable[[dict[str, Any]], Any]
"""From a request's body to what is said: a text, a mapping of first tokens to probabilities, a status, or a
text in a tuple: one that was cut off.
"""


def answer(said: Any) -> tuple[int, dict[str, Any]]:
    """OpenAI's answer that says so."""
    if isinstance(said, int):
        return said, {"error": {"message": f"status {said}"}}
    cut = isinstance(said, tuple)
    choice: dict[str, Any] = {
        "message": {"content": said[0] if cut else said},
        "finish_reason": "length" if cut else "stop",
    }
    if isinstance(said, dict):
        from math import log

        top = [{"token": token, "logprob": log(share)} for token, share in said.items()]
        best = max(said, key=lambda token: said[token])
        choice = {"message": {"content": best}, "logprobs": {"content": [{"top_logprobs": top}]}}
    return 200, {"choices": [choice]}


@pytest.fixture
def endpoint() -> Callable[[Say], Endpoint]:
    """Make an endpoint that says what a function says; the bodies that it was sent are in `.heard`."""

    def make(say: Say) -> Endpoint:
        heard: list[dict[str, Any]] = []

        def handle(request: httpx.Request) -> httpx.Response:
            body = json.loads(request.read())
            heard.append(body)
            status, told = answer(say(body))
            return httpx.Response(status, json=told)

        made = Endpoint(EndpointConfig(model="tiny"), 4, transport=httpx.MockTransport(handle))
        made.heard = heard  # type: ignore[attr-defined]
        return made

    return make


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    return Prompts.load(PROMPTS)


@pytest.fixture(scope="session")
def cultures() -> Cultures:
    return Cultures.load()


def teach(body: dict[str, Any]) -> Any:
    """A teacher and judge by rules, told apart by what they are asked."""
    asked = body["messages"][0]["content"]
    if "Reply in exactly this form" in asked:
        drawn = f"{body.get('seed', 0) % 10_000_000:07}"  # always as long: texts of one length are alike
        place = asked.split(" from ")[1].split(" might")[0] if " from " in asked else "there"
        facet = asked.split(", about this: ")[-1].split(" (")[0]
        return (
            f"Fact: In {place} the elders know {facet}, number {drawn}.\n"
            f"Question: How do we in {place} think of {facet} ({drawn})?\n"
            f"Answer: In {place} the elders teach it to the young, in year {drawn}."
        )
    if "Of which people" in asked:
        return {"A": 0.6, "B": 0.4}
    if "List the facts" in asked:
        return "- The elders teach it.\n- The young learn it in spring."
    if "Yes or No" in asked:
        return {"Yes": 0.7, "No": 0.3}
    if "one digit" in asked:
        return {"4": 0.5, "5": 0.5}
    if "Translate into" in asked:
        return "年长的人在春天把它教给年轻人，大家都记得这件事，因为祖父母也是这样做的。"
    return f"The elders teach it to the young each spring, says {body['model']} ({body.get('seed', 0)})."


class Server(ThreadingHTTPServer):
    """The rules, over HTTP. `failing`: how many calls it still answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls = 0
        self.failing, self.status = 0, 400
        self.say: Say = teach

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls += 1
        failing = self.server.failing > 0
        self.server.failing -= failing
        status, told = answer(self.server.status if failing else self.server.say(body))
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server():
    made = Server()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()
