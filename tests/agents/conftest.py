"""A pipeline over a fake model."""

from collections.abc import Callable
from typing import Any

import pytest

from agents import FakeModel, Knowledge, Limits, Pipeline, Question


@pytest.fixture
def question() -> Callable[..., Question]:
    def build(text: str = "How should a child address an elder?", **more: Any) -> Question:
        messages = more.pop("messages", ({"role": "user", "content": text},))
        return Question(**{"messages": messages, "mode": "multiplex", "cultures": ("JP", "KE", "BR"), **more})

    return build


@pytest.fixture
def pipeline(knowledge: Knowledge) -> Callable[..., Pipeline]:
    def build(model: FakeModel, **limits: Any) -> Pipeline:
        return Pipeline(model, knowledge, Limits(**limits))

    return build
