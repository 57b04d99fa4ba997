"""One TOML file a run: who teaches, who judges, which cultures, how much."""

import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents import Cultures


class BadConfig(Exception):
    """A configuration that cannot be used: the message names the file, the field and the cure."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EndpointConfig(_Part):
    """An OpenAI-compatible endpoint. `api_key`: a key, or `os.environ/NAME`; `seconds`: of patience."""

    url: str = "http://127.0.0.1:8000/v1"
    model: str
    api_key: str = "none"
    temperature: float = Field(default=0.7, ge=0, le=2)
    max_tokens: int = Field(default=512, ge=1)
    seconds: float = Field(default=600, gt=0)


class QuestionConfig(_Part):
    """CAReDiO's refinement: at most `rounds` of `drafts` each, until the best gains less than `gain`."""

    rounds: int = Field(default=2, ge=1, le=5)
    drafts: int = Field(default=2, ge=1, le=8)
    gain: float = Field(default=0.1, ge=0)


class RespondConfig(_Part):
    """The K candidates: one for each of `models`, ids of the teacher's endpoint."""

    models: tuple[str, ...] = Field(default=("polylect/expert", "polylect/multiplex", "polylect/expert"))


class JudgeConfig(_Part):
    """Helpful, harmless, honest, each 1 to 5: `least` of every one of them, after at most `resamples`."""

    least: float = Field(default=3.0, ge=1, le=5)
    resamples: int = Field(default=2, ge=0, le=2)


class SelectConfig(_Part):
    """`near`: texts whose SimHashes differ in at most so many of 64 bits are one text. `evaluation`: folders
    whose JSON lines no item may resemble.
    """

    near: int = Field(default=10, ge=0, le=32)
    evaluation: tuple[Path, ...] = ()


class TrainConfig(_Part):
    """LoRA by SFT, then DPO on pairs whose answer scored at most `dpo_below` (CulFiT: 0.7).

    `dropout` is the adapter's; on a CPU drawing its random numbers takes time, and 0 saves it.
    """

    base: str
    rank: int = Field(default=16, ge=1)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    epochs: float = Field(default=3, gt=0)
    learning_rate: float = Field(default=2e-4, gt=0)
    batch: int = Field(default=8, ge=1)
    tokens: int = Field(default=768, ge=64)
    dpo: bool = True
    dpo_beta: float = Field(default=0.1, gt=0)
    dpo_epochs: float = Field(default=1, gt=0)
    dpo_learning_rate: float = Field(default=5e-6, gt=0)
    dpo_below: float = Field(default=0.7, ge=0, le=1)
    samples: int | None = Field(default=None, ge=1)


class Config(_Part):
    """A run. `out` is its folder; `per_culture` is how many items are wanted, `plan_times` as many are
    planned, because stages reject some. A judge that is the teacher favours itself: it must be allowed by
    name.
    """

    name: str
    out: Path
    cultures: tuple[str, ...] = Field(min_length=1)
    per_culture: Annotated[int, Field(ge=1)] = 100
    plan_times: Annotated[float, Field(ge=1)] = 2.0
    seed: int = 1
    at_once: Annotated[int, Field(ge=1, le=256)] = 4
    teacher: EndpointConfig
    judge: EndpointConfig
    judge_may_be_teacher: bool = False
    question: QuestionConfig = QuestionConfig()
    respond: RespondConfig = RespondConfig()
    judging: JudgeConfig = JudgeConfig()
    select: SelectConfig = SelectConfig()
    train: TrainConfig | None = None

    @model_validator(mode="after")
    def _two_minds(self) -> Self:
        same = (self.teacher.url, self.teacher.model) == (self.judge.url, self.judge.model)
        if same and not self.judge_may_be_teacher:
            raise ValueError("judge is the teacher: name another model, or set judge_may_be_teacher = true")
        return self


def read_config(path: Path) -> Config:
    """The configuration in `path`; relative paths of it count from where the command runs.

    Raises:
        BadConfig: no such file, no TOML, an unknown or impossible field, a culture that is not known.
    """
    try:
        config = Config.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise BadConfig(f"{path}: it cannot be read: {error.strerror}. Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}: no TOML: {error}") from error
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"])) or "the file"
        raise BadConfig(f"{path}: {where}: {wrong['msg'].removeprefix('Value error, ')}.") from error
    known = {one.id for one in Cultures.load()}
    if strangers := [one for one in config.cultures if one not in known]:
        raise BadConfig(
            f"{path}: cultures: {', '.join(strangers)} not known; `polylect cultures` lists them."
        )
    return config
