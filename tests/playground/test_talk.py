"""Asking over the real service: what is shown as it comes, and what ends when it is stopped."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agents import Knowledge
from playground.talk import Talk
from playground.turn import Turn
from service.access.keys import create_key
from service.app import create_app
from tests.playground.conftest import speak
from tests.service.conftest import Reply, ScriptedBackbone, Serving, settings_for

COUNCIL = {"question": "How should a child address an elder?", "mode": "multiplex", "cultures": ["JP", "EG"]}


@pytest.fixture
async def talk(site: str) -> AsyncIterator[Talk]:
    talk = Talk(f"{site}/v1")
    yield talk
    await talk.close()


async def ask(
    talk: Talk, sent: dict[str, Any], turns: list[Turn] | None = None
) -> tuple[list[Any], list[Turn]]:
    """Everything that was shown, and the conversation in the end."""
    changes = [change async for change in talk.ask("s", turns or [], sent, "de-DE")]
    return [shown for shown, _ in changes], changes[-1][1]


async def until_none(backbone: ScriptedBackbone) -> int:
    """How many calls run on, a second after they should have ended."""
    for _ in range(50):
        if not backbone.running:
            break
        await asyncio.sleep(0.02)
    return backbone.running


async def test_voices_are_shown_before_the_answer(talk: Talk, backbone: ScriptedBackbone) -> None:
    backbone.reply = speak(0.02)
    shown, turns = await ask(talk, COUNCIL)
    first = next(each for each in shown if "t1-s0-v1" in each["parts"])
    assert "In **Japan" not in first["parts"]["t1-s0-a"]["html"]
    assert 'lang="ar" dir="rtl"' in first["parts"]["t1-s0-v1"]["html"]
    assert first["running"] is True
    assert shown[-1]["running"] is False
    assert "<strong>Japan</strong>" in shown[-1]["parts"]["t1-s0-a"]["html"]
    assert turns[0].main.state == "done"
    assert turns[0].context is not None


async def test_to_stop_ends_every_call(talk: Talk, backbone: ScriptedBackbone) -> None:
    backbone.reply = speak(0.1)
    last: Any = None
    async for each, _ in talk.ask("s", [], {**COUNCIL, "beside": True}, ""):
        last = each
        if backbone.running == 3 and each["running"]:  # two voices, and the plain model
            await talk.stop("s")
    assert await until_none(backbone) == 0
    assert "You stopped here" in last["parts"]["t1-s1-a"]["html"]
    assert len(backbone.bodies) == 3  # no answer was asked for


async def test_to_leave_ends_every_call(talk: Talk, backbone: ScriptedBackbone) -> None:
    backbone.reply = speak(0.1)
    asking = talk.ask("s", [], COUNCIL, "")
    async for _ in asking:
        if backbone.running == 2:
            break
    await asking.aclose()  # type: ignore[attr-defined]
    assert await until_none(backbone) == 0


async def test_somebody_elses_stop_does_not(talk: Talk, backbone: ScriptedBackbone) -> None:
    backbone.reply = speak(0.01)
    async for _ in talk.ask("s", [], COUNCIL, ""):
        await talk.stop("other")
    assert len(backbone.bodies) == 3


async def test_the_plain_model_beside_the_council(talk: Talk) -> None:
    shown, turns = await ask(talk, {**COUNCIL, "beside": True})
    plain, council = turns[0].sides
    assert (plain.plain, council.plain) == (True, False)
    assert plain.score is not None
    assert plain.score.distribution == {"western": 1.0}
    assert "Plain model" in shown[-1]["parts"]["t1"]["html"]


async def test_a_conversation_goes_on_and_the_last_question_may_be_asked_again(
    talk: Talk, backbone: ScriptedBackbone
) -> None:
    _, turns = await ask(talk, {"question": "One?", "mode": "direct"})
    _, turns = await ask(talk, {"question": "Two?", "mode": "direct"}, turns)
    assert [message["role"] for message in backbone.bodies[-1]["messages"]] == ["user", "assistant", "user"]
    shown, turns = await ask(talk, {"again": True, "mode": "direct"}, turns)
    assert [turn.wish.question for turn in turns] == ["One?", "Two?"]
    assert [message["content"] for message in backbone.bodies[-1]["messages"]][::2] == ["One?", "Two?"]
    assert {name.split("-")[0] for name in shown[-1]["parts"]} == {"t1", "t3"}


async def test_nothing_to_ask(talk: Talk, backbone: ScriptedBackbone) -> None:
    shown, _ = await ask(talk, {"question": " "})
    assert "Write a question first." in shown[-1]["parts"]["pl-notice"]["html"]
    assert backbone.bodies == []


async def test_a_culture_that_nobody_knows(talk: Talk) -> None:
    shown, _ = await ask(talk, {**COUNCIL, "cultures": ["Jpan"]})
    assert "One of the cultures is not known." in shown[-1]["parts"]["t1-s0-a"]["html"]


async def test_a_backbone_that_fails(talk: Talk, backbone: ScriptedBackbone) -> None:
    backbone.reply = lambda body: Reply(status=500, error={"message": "CUDA out of memory at 10.0.0.7"})
    shown, _ = await ask(talk, COUNCIL)
    told = shown[-1]["parts"]["t1-s0-a"]["html"]
    assert "The model behind Polylect failed." in told
    assert "CUDA" not in told


async def test_no_service_at_all(unused_tcp_port: int) -> None:
    talk = Talk(f"http://127.0.0.1:{unused_tcp_port}/v1")
    shown, _ = await ask(talk, COUNCIL)
    assert "Polylect does not answer." in shown[-1]["parts"]["t1-s0-a"]["html"]
    assert (await talk.facts({}, ""))["trouble"].startswith("Polylect does not answer.")  # type: ignore[attr-defined]
    await talk.close()


@pytest.fixture
async def strict(
    backbone: ScriptedBackbone, knowledge: Knowledge, tmp_path: Path
) -> AsyncIterator[tuple[Talk, str]]:
    """A service whose one key may have a single request under way, and that key."""
    path = tmp_path / "keys.json"
    _, secret = create_key(path, "Ana", concurrent=1)
    settings = settings_for(backbone.url, voice_seconds=30.0, keys_file=path)
    with Serving(create_app(settings, knowledge=knowledge), settings) as url:
        talk = Talk(f"{url}/v1")
        yield talk, secret
        await talk.close()


async def test_a_key_for_one_request_at_once_is_enough(
    strict: tuple[Talk, str], backbone: ScriptedBackbone
) -> None:
    talk, key = strict
    backbone.reply = speak(0.01)
    _, turns = await ask(talk, {**COUNCIL, "beside": True, "key": key})
    assert turns[0].context is not None
    assert [(side.state, side.trouble) for side in turns[0].sides] == [("done", None)] * 2
    assert turns[0].sides[0].score is not None


async def test_to_stop_reaches_a_side_that_waits_for_the_other(
    strict: tuple[Talk, str], backbone: ScriptedBackbone
) -> None:
    talk, key = strict
    backbone.reply = speak(0.1)
    turns: list[Turn] = []
    async for shown, turns in talk.ask("s", [], {**COUNCIL, "beside": True, "key": key}, ""):  # noqa: B007
        if backbone.running and shown["running"]:
            await asyncio.sleep(0.3)  # the other side has been refused meanwhile
            await talk.stop("s")
    assert await until_none(backbone) == 0
    assert [side.state for side in turns[0].sides] == ["stopped"] * 2


async def test_an_answer_stands_though_it_is_not_scored(talk: Talk, backbone: ScriptedBackbone) -> None:
    backbone.reply = lambda body: Reply(words=["All is well. " * 9_000])  # longer than may be scored
    shown, turns = await ask(talk, {"question": "Hello?", "mode": "direct"})
    assert (turns[0].main.state, turns[0].main.score) == ("done", None)
    assert "did not score this answer" in shown[-1]["parts"]["t1-s0-c"]["html"]


async def test_what_may_be_chosen(talk: Talk) -> None:
    facts: Any = await talk.facts({}, "")
    assert facts["backbones"] == ["scripted"]
    japan = next(one for one in facts["cultures"] if one["id"] == "JP")
    assert japan == {"id": "JP", "name": "Japan", "own": ["日本"]}


async def test_the_operators_key_is_never_used(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "POLYLECT_API_KEY", "operator")
    talk = Talk(f"{site}/v1")
    assert talk._for("", "").api_key == "none"
    assert talk._for("visitor", "").api_key == "visitor"
    await talk.close()


async def test_the_visitors_languages_are_evidence(talk: Talk) -> None:
    _, turns = await ask(talk, COUNCIL)
    context = turns[0].context
    assert context is not None
    assert [one.id for one in context.audience] == ["DE"]
