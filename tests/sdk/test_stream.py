"""Streams: typed events in order, the answer at the end, and nothing goes on when they are left."""

import json

import openai
import pytest
from polylect import AnswerFinished, AnswerText, VoiceFinished, VoiceSpoke, VoiceStarted

from tests.sdk.conftest import QUESTION, SAID, Told, ends

ORDER = ["voice.started", "voice.spoke", "voice.finished", "answer.text", "answer.finished"]


async def stream(client, question=QUESTION, **options):
    return await client.take(Told(), "steer", question, stream=True, **options)


async def test_events_come_in_order_and_the_answer_last(client):
    told = await stream(client, mode="multiplex", cultures=["JP"])
    assert told.types == ORDER
    started, *said, finished = told.events[: 1 + sum("voice" in event.type for event in told.events[1:])]
    assert (started.culture, started.language, started.round) == ("JP", "ja", 1)
    assert "".join(event.text for event in said) == finished.text == SAID
    assert (finished.status, finished.tokens, finished.sections) == ("spoke", 6, {"view": SAID})
    assert "".join(event.text for event in told.events if isinstance(event, AnswerText)) == SAID
    assert isinstance(told.events[-1], AnswerFinished)
    assert told.events[-1].answer is told.stream.answer


async def test_a_streamed_answer_is_the_whole_one(client):
    options = {"mode": "debate", "cultures": ["JP", "KE"], "seed": 1}
    streamed = (await stream(client, **options)).stream.answer.to_dict()
    whole = (await client("steer", QUESTION, **options)).to_dict()
    for answer in (streamed, whole):
        del answer["overhead_ms"], answer["request_id"]
        answer["completion"] = {
            name: one
            for name, one in answer["completion"].items()
            if name not in {"id", "created", "polylect"}
        }
    assert streamed == whole


async def test_voices_of_a_debate_tell_their_round(client):
    told = await stream(client, mode="debate", cultures=["JP", "KE"])
    for kind in (VoiceStarted, VoiceSpoke, VoiceFinished):
        rounds = [event.round for event in told.events if isinstance(event, kind)]
        assert rounds == sorted(rounds)
        assert set(rounds) == {1, 2}


async def test_the_backbone_alone_streams_too(client):
    told = await stream(client, "What is 2 + 2?")
    assert told.types == ["answer.text", "answer.finished"]
    answer = told.stream.answer
    assert (answer.text, answer.mode, answer.finish_reason) == (SAID, "direct", "stop")
    assert answer.usage.total_tokens == 16


async def test_without_trace_the_voices_are_not_heard(client):
    told = await stream(client, mode="multiplex", cultures=["JP"], trace=False)
    assert told.types == ["answer.text", "answer.finished"]
    assert told.stream.answer.perspectives[0].text == ""


async def test_choices_are_told_apart(client):
    told = await stream(client, mode="contextual", n=2)
    for index in (0, 1):
        texts = [event.text for event in told.events if event.type == "answer.text" and event.index == index]
        assert "".join(texts) == SAID
    assert [choice.message.content for choice in told.stream.answer.completion.choices] == [SAID, SAID]


async def test_a_silent_voice_says_why(client, backbone):
    told_first = backbone.reply
    silent = type(backbone.reply({"messages": []}))(status=500, error={"message": "out of memory"})
    # the page about Japan is in Japanese: only that voice's request has its word for an opinion
    backbone.reply = lambda body: (
        silent if "意見" in json.dumps(body, ensure_ascii=False) else told_first(body)
    )
    told = await stream(client, mode="multiplex", cultures=["JP", "KE"])
    (finished,) = [event for event in told.events if event.type == "voice.finished" and event.culture == "JP"]
    assert finished.status == "silent"
    assert finished.reason
    assert [one.status for one in told.stream.answer.perspectives] == ["silent", "spoke"]


@pytest.mark.parametrize("most", [1, 3])
async def test_leaving_early_ends_every_call(client, backbone, most):
    client.look = lambda: ends(backbone)
    asked = {"cultures": ["JP", "KE", "BR"], "stream": True}
    told = await client.take(Told(), "council", "SLOW: how?", most=most, **asked)
    assert len(told.events) == most
    assert told.seen, "calls went on although the stream was left"
    assert 1 <= len(backbone.bodies) <= 3, "voices, and no synthesis"
    with pytest.raises(RuntimeError, match="not ended"):
        _ = told.stream.answer


async def test_a_stream_that_was_left_has_no_more_events(client):
    told = await client.take(Told(), "council", QUESTION, cultures=["JP"], stream=True, most=1)
    if client.kind == "sync":
        assert list(told.stream) == []
    else:
        assert [event async for event in told.stream] == []


async def test_an_error_frame_is_raised_in_mid_stream(client):
    told = Told()
    with pytest.raises(openai.APIError, match="broke off") as raised:
        await client.take(told, "steer", "BREAK: how?", mode="contextual", stream=True)
    assert type(raised.value) is openai.APIError
    assert raised.value.code == "backbone_unavailable"
    assert told.types == ["answer.text"]
    with pytest.raises(RuntimeError):
        _ = told.stream.answer


@pytest.mark.parametrize(
    ("name", "why"),
    [("cut", "incomplete"), ("ended", "ended before the answer did"), ("garbled", "Expecting value")],
)
async def test_a_connection_that_breaks_is_a_connection_error(client_of, strangers, name, why):
    told = Told()
    with pytest.raises(openai.APIConnectionError) as raised:
        await client_of(f"{strangers}/{name}/v1").take(told, "council", QUESTION, stream=True)
    assert told.types == ["voice.started"]
    assert f"The connection to {strangers}/{name}/v1 broke" in str(raised.value)
    assert why in str(raised.value)


async def test_a_stream_that_stands_still_is_a_timeout(client_of, strangers):
    told = Told()
    with pytest.raises(openai.APITimeoutError, match="stuck/v1 did not answer in time"):
        await client_of(f"{strangers}/stuck/v1").take(told, "council", QUESTION, stream=True, timeout=0.2)
    assert told.types == ["voice.started"]
