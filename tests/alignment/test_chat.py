"""Replies, shares of options, and endpoints that fail."""

import pytest

from alignment.chat import CallFailed, Endpoint, Misconfigured, Refused
from alignment.config import BadConfig, EndpointConfig


async def test_a_reply_and_what_was_asked(endpoint):
    made = endpoint(lambda _: " Yes, tea. ")
    reply = await made.ask("Tea?", seed=7)
    assert reply.text == "Yes, tea."
    assert made.heard[0]["seed"] == 7
    assert made.heard[0]["messages"] == [{"role": "user", "content": "Tea?"}]


async def test_shares_sum_over_spellings(endpoint):
    made = endpoint(lambda _: {" yes": 0.2, "Yes": 0.3, "**No**": 0.1, "Perhaps": 0.4})
    assert await made.shares("?", ("Yes", "No")) == pytest.approx({"Yes": 5 / 6, "No": 1 / 6})


async def test_without_probabilities_the_word_counts(endpoint):
    assert await endpoint(lambda _: "No, it does not.").shares("?", ("Yes", "No")) == {"Yes": 0, "No": 1}
    assert await endpoint(lambda _: "Nobody knows.").shares("?", ("Yes", "No")) is None


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Misconfigured), (404, Misconfigured), (400, Refused), (413, Refused)]
)
async def test_a_refusal_is_told_at_once(endpoint, status, kind):
    made = endpoint(lambda _: status)
    with pytest.raises(kind, match=f"{status}: status {status}"):
        await made.ask("?")
    assert len(made.heard) == 1


async def test_what_passes_is_tried_again(endpoint):
    left = [503, "fine"]
    made = endpoint(lambda _: left.pop(0))
    assert (await made.ask("?")).text == "fine"
    assert len(made.heard) == 2


async def test_an_answer_of_somebody_else(endpoint):
    made = endpoint(lambda _: "x")
    made._client._transport = __import__("httpx").MockTransport(
        lambda _: __import__("httpx").Response(200, json={"hello": "world"})
    )
    with pytest.raises(CallFailed, match="none of OpenAI's"):
        await made.ask("?")


async def test_a_key_of_the_environment(monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(BadConfig, match="NO_SUCH_KEY"):
        Endpoint(EndpointConfig(model="m", api_key="os.environ/NO_SUCH_KEY"), 1)
