"""`polylect profile` and `polylect knowledge show`, as they are typed, before a backbone of our own."""

import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from agents import Prompts
from service.cli import app

QUESTIONS = [
    {"id": f"q{at}", "question": f"About food, number {at}?", "options": ["right", "wrong"], "answer": 0,
     "culture": "CN"}
    for at in range(30)
]  # fmt: skip


class Backbone(ThreadingHTTPServer):
    """Right in Chinese, wrong in English; `failing`: how many calls it still refuses."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls = 0
        self.failing = 0
        self.chinese = Prompts.load().render("choose", "zh")
        self.thinks = {Prompts.load().render("elicit", tag) for tag in ("en", "zh")}


class Handler(BaseHTTPRequestHandler):
    server: Backbone

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls += 1
        if self.server.failing:
            self.server.failing -= 1
            self.send_response(400)
            self.end_headers()
            return
        said = "\n\n".join(one["content"] for one in body["messages"])
        text = "I think so."
        if not any(said.endswith(words) for words in self.server.thinks):
            shown = {
                option: letter for letter, option in re.findall(r"^([A-Z])\. (\w+)$", said, re.MULTILINE)
            }
            text = shown["right" if said.endswith(self.server.chinese) else "wrong"]
        chunks = [{"delta": {"content": text}, "finish_reason": None}, {"delta": {}, "finish_reason": "stop"}]
        lines = [json.dumps({"choices": [{"index": 0, **one}]}) for one in chunks]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write("".join(f"data: {one}\n\n" for one in [*lines, "[DONE]"]).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def backbone(tmp_path, monkeypatch):
    server = Backbone()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    config = tmp_path / "polylect.yaml"
    params = {"model": "hosted_vllm/org/tiny", "api_base": url}
    config.write_text(json.dumps({"model_list": [{"model_name": "mine", "litellm_params": params}]}))
    monkeypatch.setenv("POLYLECT_CONFIG", str(config))
    monkeypatch.setenv("POLYLECT_RETRIES", "0")
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def type_in(tmp_path):
    """Type a command; returns its exit code and all that was printed."""
    questions = tmp_path / "questions.jsonl"
    questions.write_text("\n".join(map(json.dumps, QUESTIONS)))

    def run(*words):
        filled = [str(one).format(questions=questions, out=tmp_path / "maps" / "tiny.json") for one in words]
        done = CliRunner().invoke(app, filled, env={"COLUMNS": "160"})
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, " ".join(done.output.split())

    return run


PROFILE = ("profile", "--questions", "{questions}", "--languages", "zh", "--out", "{out}", "--clusters", "1")


def test_a_backbone_is_profiled_and_its_map_shown(backbone, type_in, tmp_path):
    code, said = type_in(*PROFILE)
    assert code == 0, said
    assert "60 trials in en, zh: 120 calls" in said
    assert "+100%" in said
    assert backbone.calls == 120
    made = json.loads((tmp_path / "maps" / "tiny.json").read_text())
    assert made["provenance"]["model"] == "org/tiny"
    assert made["overall"]["choice"] == made["clusters"][0]["choice"] == "zh"
    assert made["overall"]["counts"] == {"CN": {"en": [0, 30], "zh": [30, 30]}}
    code, said = type_in("knowledge", "show", "{out}", "--plot", tmp_path / "map.png")
    assert code == 0, said
    assert "org/tiny" in said
    assert "Chinese" in said
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_what_failed_is_asked_again(backbone, type_in):
    backbone.failing = 3
    code, said = type_in(*PROFILE, "--reasoning", "0", "--at-once", "1")
    assert code == 2
    assert "3 trials failed. Start the same command again" in said
    before = backbone.calls
    code, said = type_in(*PROFILE, "--reasoning", "0", "--at-once", "1")
    assert code == 0, said
    assert "3 trials" in said
    assert backbone.calls == before + 3


def test_a_dead_backbone_ends_it_and_nothing_is_lost(backbone, type_in):
    backbone.failing = 10_000
    code, said = type_in(*PROFILE, "--reasoning", "0")
    assert code == 2
    assert "10 trials in a row failed" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--languages", "tlh"), "No prompt asks to reason in 'tlh'"),
        (("--backbone", "other"), "There is no backbone 'other'. There are: mine"),
        (("--questions", "/nowhere.jsonl"), "/nowhere.jsonl: it cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(backbone, type_in, words, told):
    code, said = type_in(*PROFILE, *words)
    assert code == 2
    assert told in said
    assert backbone.calls == 0


def test_another_measurement_is_not_mixed_in(backbone, type_in):
    assert type_in(*PROFILE, "--reasoning", "0")[0] == 0
    code, said = type_in(*PROFILE, "--reasoning", "32")
    assert code == 2
    assert "it was made with reasoned False, and now it is True" in said


def test_a_map_that_is_none_is_named(type_in, tmp_path):
    (tmp_path / "broken.json").write_text('{"version": 1}')
    code, said = type_in("knowledge", "show", tmp_path / "broken.json")
    assert code == 2
    assert "broken.json: provenance: Field required" in said


@pytest.fixture
def type_in_apart(type_in, tmp_path):
    """As `type_in`, in a process of its own, with whose end Ray's processes end."""
    pytest.importorskip("ray", reason="Ray is in the extra `scale`: make test-scale")

    def run(*words):
        places = {"questions": tmp_path / "questions.jsonl", "out": tmp_path / "maps" / "tiny.json"}
        filled = [one.format(**places) for one in words]
        command = [sys.executable, "-m", "service.cli", *filled]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    return run


@pytest.mark.scale
def test_ray_makes_the_same_map(backbone, type_in, type_in_apart, tmp_path):
    code, said = type_in(*PROFILE)
    assert code == 0, said
    path = tmp_path / "maps" / "tiny.json"
    here = json.loads(path.read_text())
    (tmp_path / "maps" / "tiny.trials.jsonl").unlink()
    code, said = type_in_apart(*PROFILE, "--engine", "ray", "--workers", "2")
    assert code == 0, said
    assert backbone.calls == 240
    on_ray = json.loads(path.read_text())
    for made in (here, on_ray):
        made["provenance"].pop("made")
    assert on_ray == here


@pytest.mark.scale
def test_a_dead_backbone_stops_ray_too(backbone, type_in_apart):
    backbone.failing = 10_000
    code, said = type_in_apart(*PROFILE, "--engine", "ray", "--workers", "1", "--at-once", "2")
    assert code == 2, said
    assert "trials in a row failed" in said
    assert backbone.calls < 60
