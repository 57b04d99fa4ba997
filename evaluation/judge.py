"""A model that judges: Inspect's role "judge". It answers in JSON, and is read strictly.

A judge that is the model it judges favours itself: which one it was stands beside every judgement.
What its calls cost is no part of what the answer cost.
"""

import re
from dataclasses import dataclass
from secrets import token_hex
from typing import Generic, TypeVar

from inspect_ai.model import GenerateConfig, get_model, model_roles
from pydantic import BaseModel, ValidationError

from evaluation import prompts

T = TypeVar("T", bound=BaseModel)

ROLE = "judge"
_FENCE = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Judgement(Generic[T]):
    """What a judge said: None where it cannot be read. `judge`: the model, by the endpoint's own word."""

    said: T | None
    judge: str


async def judge(shape: type[T], prompt: str, *, max_tokens: int = 512, **words: str) -> Judgement[T] | None:
    """The judge's answer to the text `prompt`, as `shape`; None where the run has no judge.

    The text marks what is judged with a word drawn afresh (`nonce`), so that no answer can close the marks.

    Raises:
        KeyError: the text needs a word that is missing.
    """
    if ROLE not in model_roles():  # get_model would give the arm itself
        return None
    config = GenerateConfig(temperature=0, max_tokens=max_tokens)
    asked = prompts.render(prompt, nonce=token_hex(4), **words)
    output = await get_model(role=ROLE).generate(asked, config=config)
    return Judgement(read(shape, output.completion), output.model)


def read(shape: type[T], reply: str) -> T | None:
    """The reply as `shape`: one JSON value and nothing else, bare or in one fence; None where it is not."""
    fenced = _FENCE.fullmatch(reply.strip())
    try:
        return shape.model_validate_json(fenced[1] if fenced else reply.strip(), strict=True)
    except ValidationError:
        return None
