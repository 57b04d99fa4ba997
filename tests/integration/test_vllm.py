"""The service before a real vLLM: the council, its concurrency, its prefix cache, and leaving early."""

import concurrent.futures
import threading
import time

import httpx
import openai
import pytest

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(600)]

QUESTION = "How should a child address an elder?"
ASKED = [{"role": "user", "content": QUESTION}]
LONG = [{"role": "user", "content": "Respect is shown in many ways. " * 100 + QUESTION}]


def test_a_multiplex_answer_streams(client):
    request = {"model": "polylect/multiplex", "messages": ASKED, "max_tokens": 60}
    with client.chat.completions.create(**request, stream=True) as stream:
        chunks = list(stream)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    spoken = [place for place, delta in enumerate(deltas) if delta.content]
    thought = [place for place, delta in enumerate(deltas) if getattr(delta, "reasoning_content", None)]
    # A sentence is checked, then released: how many there are is the model's affair.
    assert spoken
    assert len(thought) >= 3
    assert thought[0] < spoken[0], "no voice was heard before the answer"
    statuses = [one["status"] for one in chunks[-1].polylect["perspectives"]]
    # A small model seldom comes to an end by itself: a voice cut at its last sentence has spoken too.
    assert sum(status in {"spoke", "cut"} for status in statuses) >= 3
    assert chunks[-1].choices[0].finish_reason in {"stop", "length"}


def test_a_multiplex_answer_comes_whole(client):
    steering = {"polylect": {"cultures": ["JP", "KE", "BR"], "trace": True}}
    answer = client.chat.completions.create(
        model="polylect/multiplex", messages=ASKED, max_tokens=80, extra_body=steering
    )
    assert answer.choices[0].message.content
    assert [one["culture"] for one in answer.polylect["perspectives"]] == ["JP", "KE", "BR"]
    assert all(one["text"] for one in answer.polylect["perspectives"])
    assert answer.usage.completion_tokens == sum(
        stage["completion_tokens"] for stage in answer.polylect["usage"].values()
    )


def test_a_contextual_answer_is_one_call(client, metric):
    before = metric("vllm:request_success_total")
    steering = {"polylect": {"cultures": ["JP"]}}
    client.chat.completions.create(
        model="polylect/contextual", messages=ASKED, max_tokens=40, extra_body=steering
    )
    assert metric("vllm:request_success_total") - before == 1


def test_direct_is_the_backbones_own_answer_and_one_call(client, vllm, metric):
    body = {"messages": ASKED, "temperature": 0, "max_tokens": 40, "seed": 1}
    before = metric("vllm:request_success_total")
    through = client.chat.completions.create(model="polylect/direct", **body)
    assert metric("vllm:request_success_total") - before == 1
    with openai.OpenAI(base_url=vllm, api_key="none") as plain:
        alone = plain.chat.completions.create(model=through.model, **body)
    assert through.choices[0].message == alone.choices[0].message
    assert through.usage == alone.usage


def test_a_seeded_answer_to_a_prompt_that_is_read_in_several_steps(client):
    """On a CPU vLLM as it is published ends itself at this: deploy/vllm/install.sh mends it."""
    told = [{"role": "user", "content": "Respect is shown in many ways. " * 300}]  # 2,000 tokens, 512 at once
    request = {"model": "polylect/direct", "messages": told, "temperature": 1, "seed": 7, "max_tokens": 5}
    assert client.chat.completions.create(**request).choices[0].message.content
    assert client.chat.completions.create(**{**request, "messages": ASKED}).choices[0].message.content


def test_voices_run_at_once_and_share_their_prefix(client, metric):
    running: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            running.append(metric("vllm:num_requests_running"))
            time.sleep(0.02)

    watching = threading.Thread(target=watch)
    hits = metric("vllm:prefix_cache_hits_total")
    watching.start()
    try:
        steering = {"polylect": {"cultures": ["JP", "KE", "BR", "IN", "EG", "FR"]}}
        client.chat.completions.create(
            model="polylect/multiplex", messages=LONG, max_tokens=30, extra_body=steering
        )
    finally:
        over.set()
        watching.join()
    hits = metric("vllm:prefix_cache_hits_total") - hits
    # Asked afterwards, or it would have put the conversation into the cache.
    alone = client.chat.completions.create(model="polylect/direct", messages=LONG, max_tokens=1)
    shared = 6 * alone.usage.prompt_tokens
    assert max(running) >= 3, "the voices ran one after the other"
    assert hits > 0, "nothing came from the prefix cache"
    assert hits / shared > 0.5, f"only {hits:.0f} of {shared} shared prompt tokens came from the prefix cache"


@pytest.mark.parametrize("stream", [True, False])
def test_nothing_runs_on_after_the_client_has_left(service, metric, stream):
    body = {"model": "polylect/multiplex", "messages": ASKED, "stream": stream}

    def leave_early() -> None:
        try:
            with httpx.stream("POST", f"{service}/v1/chat/completions", json=body, timeout=1.0) as answer:
                for _ in answer.iter_raw():
                    break
        except httpx.TimeoutException:
            pass

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: leave_early(), range(3)))
    deadline = time.monotonic() + 2
    while metric("vllm:num_requests_running") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert metric("vllm:num_requests_running") == 0
    assert metric("vllm:num_requests_waiting") == 0
