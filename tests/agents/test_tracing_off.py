"""LangGraph can send a run with all that is said in it to LangSmith: ours never does."""

import http.server
import os
import subprocess
import sys
import threading

SCRIPT = """
import asyncio
from langchain_core.tracers.langchain import wait_for_all_tracers
from agents import FakeModel, Pipeline, Question, load_knowledge

async def main():
    question = Question(({"role": "user", "content": "A secret"},), "multiplex")
    async for _ in Pipeline(FakeModel(), load_knowledge()).stream(question):
        pass

asyncio.run(main())
wait_for_all_tracers()
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.paths.append(self.path)  # type: ignore[attr-defined]
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(200)
        self.end_headers()

    do_GET = do_PATCH = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def test_nothing_is_sent_although_the_environment_asks_for_it():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.paths = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        asked = {"TRACING_V2": "true", "API_KEY": "x", "ENDPOINT": address}
        wanted = {
            f"{maker}_{name}": value for name, value in asked.items() for maker in ("LANGSMITH", "LANGCHAIN")
        }
        environment = {**os.environ, **wanted, "LANGSMITH_TRACING": "true"}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, check=False
        )
        server.shutdown()
        assert done.returncode == 0, done.stderr.decode()
        assert server.paths == []  # type: ignore[attr-defined]
