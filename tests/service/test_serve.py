"""`polylect serve` without any configuration: the main job through the embedded model, over a real socket."""

import subprocess
import sys

import httpx
import openai
import pytest

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(240)]
ASKED = [{"role": "user", "content": "How should a child address an elder?"}]


@pytest.fixture
def client(embedded_service):
    with openai.OpenAI(
        base_url=f"{embedded_service}/v1", api_key="none", max_retries=0, timeout=200
    ) as client:
        yield client


def test_several_cultures_answer_one_question_sentence_by_sentence(client):
    with client.chat.completions.create(model="polylect/multiplex", messages=ASKED, stream=True) as stream:
        chunks = list(stream)
    spoken = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices[0].delta.content]
    assert "".join(spoken).strip()
    told = chunks[-1].polylect
    assert sum(one["status"] in {"spoke", "cut"} for one in told["perspectives"]) >= 3
    assert {one["language"] for one in told["perspectives"]} == {"en"}, "it speaks English alone"
    # One more where this small model began in another language, and was asked again.
    assert told["calls"] - len(told["perspectives"]) == 1 + told["guard"]["retried"]


def test_the_same_whole(client):
    steering = {"cultures": ["JP", "KE", "BR"], "trace": True}
    answer = client.chat.completions.create(
        model="polylect/multiplex", messages=ASKED, extra_body={"polylect": steering}
    )
    assert answer.choices[0].message.content.strip()
    assert all(one["text"] for one in answer.polylect["perspectives"])
    assert answer.usage.completion_tokens > 0


def test_direct_adds_no_call_and_changes_nothing(client, embedded_service):
    name = client.models.list().data[-1].id
    greedy = {"messages": ASKED, "temperature": 0, "max_tokens": 16, "seed": 1}
    through = client.chat.completions.create(model="polylect/direct", **greedy)
    alone = client.chat.completions.create(model=name, **greedy)
    assert through.choices[0].message.content == alone.choices[0].message.content
    assert through.usage.completion_tokens == alone.usage.completion_tokens == 16
    assert "polylect" not in through.model_extra


def test_ask_shows_the_voices_and_the_answer(embedded_service):
    command = [sys.executable, "-m", "service.cli", "ask", "--url", embedded_service, "--mode", "multiplex"]
    command += ["--culture", "Japan", "--culture", "KE", ASKED[0]["content"]]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True).stdout
    assert "Japan · en" in shown
    assert "Kenya · en" in shown
    voices, answer = shown.split("answer", 1)
    assert len(voices) > 100
    assert "perspectives distribution" in answer
    assert "3 in" in answer


def test_a_taken_port_is_said_in_one_sentence(embedded_service):
    port = str(httpx.URL(embedded_service).port)
    command = [sys.executable, "-m", "service.cli", "serve", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f"port: {port} on 127.0.0.1 is taken" in done.stderr
    assert "Traceback" not in done.stderr
