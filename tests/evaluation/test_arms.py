"""Every arm asks the endpoint what it should, over a real socket, and says what that cost."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from inspect_ai.model import ChatMessageUser, GenerateConfig, ModelOutput, get_model
from inspect_ai.util import Store, store
from inspect_ai.util._store import init_subtask_store

from evaluation import prompts
from evaluation.arms import FINGERPRINT, JUDGE_SPENT, SPENT, read_arms
from evaluation.ways import WAYS, placebo_language
from service.catalogue import Catalogue

QUESTION = "What do people eat at New Year?"
Ask = Callable[..., Any]


@pytest.fixture
def ask(endpoint: Any) -> Ask:
    """Ask one arm one question, with a store of its own."""

    async def asking(
        arm: str, question: str = QUESTION, *, config: dict[str, Any] | None = None, **options: Any
    ):
        init_subtask_store(Store())
        async with get_model(f"arm/{arm}", base_url=endpoint.url, memoize=False, **options) as model:
            wanted = GenerateConfig(**{"max_tokens": 300, "temperature": 0.0, "seed": 7, **(config or {})})
            output: ModelOutput = await model.generate([ChatMessageUser(content=question)], config=wanted)
            return output.completion

    return asking


def roles(body: dict[str, Any]) -> list[str]:
    return [message["role"] for message in body["messages"]]


async def test_plain_is_one_call_with_the_question_as_it_is(endpoint: Any, ask: Ask) -> None:
    assert await ask("plain") == "A"
    (body,) = endpoint.bodies
    assert body == {
        "model": "polylect/direct",
        "messages": [{"role": "user", "content": QUESTION}],
        "max_tokens": 300,
        "temperature": 0.0,
        "seed": 7,
    }


async def test_a_backbone_is_asked_for_as_it_is_or_behind_a_mode(endpoint: Any, ask: Ask) -> None:
    for arm in ("plain", "diverse", "contextual", "multiplex"):
        await ask(arm, backbone="other")
    assert [body["model"] for body in endpoint.bodies] == [
        "other",
        "other",
        "polylect/contextual@other",
        "polylect/multiplex@other",
    ]


def test_every_mode_on_a_backbone_is_one_that_the_service_knows() -> None:
    catalogue = Catalogue(("base", "aligned"))
    for name, arm in read_arms().items():
        if arm.calls:
            assert catalogue.target(arm.on("aligned")).backbone == "aligned", name
            assert catalogue.target(arm.on(None)).backbone == "base", name


async def test_diverse_has_its_system_text(endpoint: Any, ask: Ask) -> None:
    await ask("diverse")
    (body,) = endpoint.bodies
    system, user = body["messages"]
    assert system == {"role": "system", "content": prompts.render("diverse")}
    assert user["content"] == QUESTION


async def test_pivot_goes_through_english_in_three_calls(endpoint: Any, ask: Ask) -> None:
    replies = iter(["In English?", "An answer.", "Ответ."])
    endpoint.say = lambda body: next(replies)
    question = "Что люди едят на Новый год?"
    assert await ask("pivot", question, config={"logprobs": True, "top_logprobs": 5}) == "Ответ."
    first, second, third = endpoint.bodies
    assert endpoint.asked == [
        prompts.render("pivot_translate", question=question),
        "In English?",
        prompts.render("pivot_back", answer="An answer.", language="Russian"),
    ]
    assert "logprobs" not in first, "a translation's log-probabilities are nobody's choice"
    assert first["max_tokens"] > second["max_tokens"] == third["max_tokens"] == 300
    assert third["logprobs"] is True


async def test_the_placebos_language_is_decided_by_seed_and_question(endpoint: Any, ask: Ask) -> None:
    for seed in (1, 1, 2):
        for number in range(6):
            await ask("placebo", f"{QUESTION} {number}", seed=seed)
    told = [body["messages"][0]["content"] for body in endpoint.bodies]
    assert told[:6] == told[6:12], "the same again"
    assert told[:6] != told[12:], "another seed, other languages"
    assert len(set(told[:6])) > 1
    assert told[0] == prompts.render("placebo", language=placebo_language(f"{QUESTION} 0", 1))
    assert endpoint.asked[0] == f"{QUESTION} 0"


async def test_self_moa_draws_as_many_samples_as_the_council_has_voices_then_merges(
    endpoint: Any, ask: Ask
) -> None:
    endpoint.say = lambda body: f"sample {body['seed']}" if body["temperature"] else "merged"
    assert await ask("self_moa", agents=3, seed=5) == "merged"
    *samples, last = endpoint.bodies
    assert [body["seed"] for body in samples] == [5, 6, 7]
    assert {body["temperature"] for body in samples} == {0.7}
    assert (last["seed"], last["temperature"]) == (7, 0.0)
    answers = "1. sample 5\n\n2. sample 6\n\n3. sample 7"
    assert last["messages"][0]["content"] == prompts.render("self_moa", answers=answers)
    assert endpoint.asked == [QUESTION] * 4
    assert store().get(SPENT)["calls"] == 4


@pytest.mark.parametrize("arm", ["multiplex", "debate", "auto"])
async def test_a_council_is_told_its_size_and_its_calls_are_counted(
    endpoint: Any, ask: Ask, arm: str
) -> None:
    endpoint.calls = 4
    await ask(arm, agents=3)
    (body,) = endpoint.bodies
    assert body["polylect"] == {"max_agents": 3, "trace": False}
    assert store().get(SPENT)["calls"] == 4


async def test_what_was_spent_is_summed(endpoint: Any, ask: Ask) -> None:
    await ask("pivot")
    spent = store().get(SPENT)
    assert {name: spent[name] for name in ("calls", "prompt_tokens", "completion_tokens")} == {
        "calls": 3,
        "prompt_tokens": 30,
        "completion_tokens": 6,
    }
    assert spent["seconds"] > 0
    assert store().get(FINGERPRINT) == "fp_scripted"


async def test_a_judges_calls_are_not_the_arms(endpoint: Any, ask: Ask) -> None:
    await ask("plain", purse=JUDGE_SPENT)
    assert store().get(SPENT) is None
    assert store().get(JUDGE_SPENT)["calls"] == 1


async def test_an_endpoint_that_limits_rates_is_not_given_up(endpoint: Any, ask: Ask) -> None:
    number = count(1)
    endpoint.say = lambda body: 429 if next(number) < 3 else "A"
    assert await ask("plain", patience=0.01) == "A"
    assert len(endpoint.bodies) == 3


@pytest.mark.parametrize("arm", ["list_all", "neutral"])
async def test_a_decoy_says_the_same_to_every_question_and_asks_nobody(
    endpoint: Any, ask: Ask, arm: str
) -> None:
    said = await ask(arm)
    assert said == await ask(arm, "Something else?") == prompts.decoy(arm, long=True)
    assert await ask(arm, config={"max_tokens": 32}) == prompts.decoy(arm, long=False)
    assert not endpoint.bodies
    assert not read_arms()[arm].calls
    assert store().get(SPENT) == {"calls": 0, "prompt_tokens": 0, "completion_tokens": 0, "seconds": 0}


def test_every_arm_can_be_asked() -> None:
    for name, arm in read_arms().items():
        assert arm.ask in WAYS, name
        assert arm.calls or arm.text, name
        assert not arm.system or prompts.render(arm.system), name
