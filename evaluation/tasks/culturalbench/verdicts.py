"""True or False to each option of a question in its own call; the question is right when all verdicts are."""

import math
import re
from typing import Any

from inspect_ai.model import ChatMessageUser, ModelOutput, get_model
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from evaluation.datasets import fraction
from evaluation.variants import phrase

VERDICTS = "verdicts"
"""The key of a sample's store that holds what was said of each option, in the question's own order."""

_VERDICT = re.compile(
    r"(?:(?:the\s+)?(?:final\s+)?(?:answer|verdict)\s*(?:is)?\s*:?\s*)?(?P<said>true|false)\b"
    r"(?P<rest>\s*(?:[.!]|[,.:;–—-]\s.*)?)",
    re.IGNORECASE,
)


@solver
def ask_each() -> Solver:
    """Ask about each option alone. `metadata["first"]`: whether True or False is offered first."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        said = []
        for choice in state.choices:
            message = ChatMessageUser(content=_prompt(state, choice.value))
            state.output = await get_model().generate([message])
            said.append(_read(state.output))
        state.store.set(VERDICTS, said)
        return state

    return solve


def offered_first(question: str, order: int, seed: int) -> bool:
    """True in a question's first order, False in its second; the third is drawn."""
    return (True, False, fraction(seed, f"verdict:{question}") < 0.5)[order]


def parse_verdict(reply: str) -> bool | None:
    """What a reply says; None where it says neither, or both.

    Accepted: the word alone or with a reason behind it, on the first or the last line that is not empty.
    """
    lines = [line for line in (one.strip().strip("*_`\"'#> ").strip() for one in reply.splitlines()) if line]
    found = {said for line in {*lines[:1], *lines[-1:]} if (said := _verdict_of(line)) is not None}
    return found.pop() if len(found) == 1 else None


def truth_share(output: ModelOutput) -> float | None:
    """The share of True in the first token's probability among True and False; None if neither was likely."""
    content = output.choices[0].logprobs.content if output.choices and output.choices[0].logprobs else []
    masses = {"true": 0.0, "false": 0.0}
    for one in (content[0].top_logprobs or []) if content else []:
        if (token := one.token.strip(" \t\n*().:\"'▁Ġ").casefold()) in masses:
            masses[token] += math.exp(one.logprob)
    total = sum(masses.values())
    return masses["true"] / total if total else None


@scorer(metrics=[mean()])
def all_right() -> Scorer:
    """1 where every verdict, read strictly, is right."""

    async def score(state: TaskState, target: Target) -> Score:
        right = _right(state)
        said = " ".join(str(one["said"]) for one in state.store.get(VERDICTS))
        return Score(value=float(all(right)), answer=said, metadata={"unparsed": _unparsed(state)})

    return score


@scorer(metrics=[mean()])
def verdicts() -> Scorer:
    """The share of verdicts that are right. One word to everything gets a quarter or three quarters."""

    async def score(state: TaskState, target: Target) -> Score:
        right = _right(state)
        return Score(value=sum(right) / len(right), metadata={"unparsed": _unparsed(state)})

    return score


@scorer(metrics=[mean()])
def likeliest_right() -> Scorer:
    """1 where the likelier of True and False as first token is right for every option, whatever was said.

    `metadata["options"]`: the share of True for each option, in the question's own order.
    """

    async def score(state: TaskState, target: Target) -> Score:
        shares = [one["true"] for one in state.store.get(VERDICTS)]
        if any(share is None for share in shares):
            return Score(value=0.0, metadata={"unknown": True})
        gold = state.metadata["gold"]
        right = all(share > 0.5 if place == gold else share < 0.5 for place, share in enumerate(shares))
        return Score(value=float(right), metadata={"options": shares})

    return score


def _prompt(state: TaskState, answer: str) -> str:
    about = state.metadata
    first, second = ("True", "False") if about["first"] else ("False", "True")
    words = {"question": state.input_text, "answer": answer, "first": first, "second": second}
    return phrase("verdict", about["phrasing"], **words).strip()


def _read(output: ModelOutput) -> dict[str, Any]:
    return {
        "reply": output.completion,
        "said": parse_verdict(output.completion),
        "true": truth_share(output),
    }


def _verdict_of(line: str) -> bool | None:
    matched = _VERDICT.fullmatch(line)
    if matched is None or re.search(r"\b(?:true|false)\b", matched["rest"], re.IGNORECASE):
        return None
    return matched["said"].casefold() == "true"


def _right(state: TaskState) -> list[bool]:
    gold = state.metadata["gold"]
    return [one["said"] is (place == gold) for place, one in enumerate(state.store.get(VERDICTS))]


def _unparsed(state: TaskState) -> bool:
    return any(one["said"] is None for one in state.store.get(VERDICTS))
