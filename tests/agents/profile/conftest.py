"""Questions, planted knowledge, and vectors whose clusters can be seen."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from agents.cultures.cultures import Cultures
from agents.detect.language import LanguageDetector
from agents.fake_model import FakeModel
from agents.model import ModelRequest
from agents.profile.questions import Calibration
from agents.profile.trial import Trials
from agents.prompting import Prompts

SUBJECTS = ("food", "games", "weddings")
CULTURES = ("CN", "EG", "MX")


@pytest.fixture(scope="session")
def prompts():
    return Prompts.load()


@pytest.fixture(scope="session")
def cultures():
    return Cultures.load()


@pytest.fixture(scope="session")
def languages():
    return LanguageDetector()


@pytest.fixture
def questions() -> list[Calibration]:
    """Forty a subject, about three cultures in turn."""
    return [
        Calibration(
            f"{subject}-{number}",
            f"About {subject}, number {number}?",
            ("right", "wrong", "other"),
            0,
            group=f"{subject}-{number}",
            culture=CULTURES[number % 3],
        )
        for subject in SUBJECTS
        for number in range(40)
    ]


@pytest.fixture
def vectors(questions):
    """Three directions, with a little noise."""
    noise = np.random.default_rng(1).normal(0, 0.05, (len(questions), 8))
    rows = noise + np.eye(8)[[SUBJECTS.index(one.id.split("-")[0]) for one in questions]]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def trials(prompts, languages) -> Callable[..., Trials]:
    def make(model: FakeModel, *, tokens: int = 0) -> Trials:
        return Trials(model, prompts, languages, "tiny", tokens, 1)

    return make


@pytest.fixture
def replies(prompts) -> Callable[[Callable[[str, int, str], float]], FakeModel]:
    """A model that is right with the probability that `chance(subject, number, language)` says."""

    def make(chance: Callable[[str, int, str], float]) -> FakeModel:
        words = {prompts.render("choose", tag): tag for tag in prompts.languages("choose")}
        draw = np.random.default_rng(7)

        def answer(request: ModelRequest) -> str:
            said = "\n\n".join(str(one["content"]) for one in request.messages)
            language = next(tag for text, tag in words.items() if said.endswith(text))
            subject, number = re.findall(r"About (\w+), number (\d+)", said)[-1]
            shown = {
                option: letter for letter, option in re.findall(r"^([A-Z])\. (\w+)$", said, re.MULTILINE)
            }
            return shown["right" if draw.random() < chance(subject, int(number), language) else "wrong"]

        return FakeModel(answer=answer)

    return make


@pytest.fixture
def knows(replies) -> Callable[[Mapping[tuple[str, str], float]], FakeModel]:
    """A model that is right about a subject in a language as often as planted, else at chance."""
    return lambda planted: replies(lambda subject, _, language: planted.get((subject, language), 1 / 3))


@pytest.fixture
def knows_own(replies) -> Callable[[Mapping[str, str]], FakeModel]:
    """A model that knows each culture in that culture's language alone."""
    return lambda planted: replies(
        lambda _, number, language: 1.0 if planted[CULTURES[number % 3]] == language else 1 / 3
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
