"""Small data in the shape of ours, a model that a test decides, and the real data where they are."""

import asyncio
import gc
import json
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import Sample
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    Logprobs,
    ModelName,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.scorer import Score, Target
from inspect_ai.solver import TaskState
from inspect_ai.util import registry_info

Say = Callable[[str], "str | ModelOutput"]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Sequence[dict[str, Any]]], str]:
    """Puts records where a task looks for them; gives the folder of data."""

    def put(name: str, records: Sequence[dict[str, Any]]) -> str:
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), "utf-8")
        return str(tmp_path / "data")

    return put


@dataclass
class Scored:
    """What a task's scorers say of what a model said to one sample."""

    id: str
    metadata: dict[str, Any]
    scores: dict[str, Score]


Answers = list[Scored]


def _output(said: str | ModelOutput) -> ModelOutput:
    output = said if isinstance(said, ModelOutput) else ModelOutput.from_content("mock", said)
    # Counted here: Inspect would fetch a tokenizer to count.
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Task, Say], Answers]:
    """Inspect asks a model that says what `say` makes of the last message."""

    def ask(task: Task, say: Say) -> Answers:
        def answer(messages: Any, tools: Any, choice: Any, config: Any) -> ModelOutput:
            return _output(say(messages[-1].text))

        model = get_model("mockllm/model", custom_outputs=answer, memoize=False)
        with warnings.catch_warnings():
            # Inspect's: a word of Tenacity's that has changed, streams left to the garbage collector.
            warnings.filterwarnings("ignore", "The 'initial' parameter", DeprecationWarning)
            warnings.filterwarnings("ignore", "Unclosed <MemoryObject", ResourceWarning)
            (log,) = evaluate(
                task,
                model=model,
                log_dir=str(tmp_path / "logs"),
                display="none",
                ctl_server=False,
                acp_server=False,
                log_model_api=False,
                log_realtime=False,
            )
            gc.collect()
        assert log.status == "success", log.error
        return [Scored(str(one.id), one.metadata, one.scores or {}) for one in log.samples or ()]

    return ask


@pytest.fixture
def judge() -> Callable[[Task, Say], Answers]:
    """The same for tasks that ask once, without Inspect: each sample before the task's scorers."""

    async def scores(task: Task, sample: Sample, said: str | ModelOutput) -> Scored:
        told = {"metadata": sample.metadata or {}, "choices": sample.choices, "output": _output(said)}
        target = Target(sample.target)
        state = TaskState(ModelName("mock/model"), sample.id or "", 0, str(sample.input), [], target, **told)
        found = {registry_info(one).name: await one(state, target) for one in task.scorer or ()}
        return Scored(
            str(sample.id), sample.metadata or {}, {name: one for name, one in found.items() if one}
        )

    def ask(task: Task, say: Say) -> Answers:
        async def every() -> Answers:
            return [await scores(task, sample, say(str(sample.input))) for sample in task.dataset]

        return asyncio.run(every())

    return ask


@pytest.fixture
def means() -> Callable[[Answers], dict[str, float]]:
    """Each scorer's mean over the samples that it applies to."""

    def of(answers: Answers) -> dict[str, float]:
        names = {name for one in answers for name in one.scores}
        values = {name: [one.scores[name].as_float() for one in answers] for name in names}
        told = {name: [one for one in many if not math.isnan(one)] for name, many in values.items()}
        return {name: sum(many) / len(many) for name, many in told.items() if many}

    return of


@pytest.fixture
def likely() -> Callable[..., ModelOutput]:
    """An answer with these probabilities for its first token."""

    def say(text: str, **probabilities: float) -> ModelOutput:
        alternatives = [
            {"token": token, "logprob": math.log(one), "bytes": None} for token, one in probabilities.items()
        ]
        content = [{"token": text, "logprob": 0.0, "bytes": None, "top_logprobs": alternatives}]
        message = ChatMessageAssistant(content=text, source="generate")
        found = Logprobs.model_validate({"content": content})
        return ModelOutput(model="mock", choices=[ChatCompletionChoice(message=message, logprobs=found)])

    return say


@pytest.fixture
def real_data() -> str:
    """The folder of the real data."""
    beside = (folder / "shared" / "data" for folder in Path(__file__).parents)
    found = next((folder for folder in beside if (folder / "controls").is_dir()), None)
    if found is None:
        pytest.skip("the evaluation data are not beside this checkout (shared/data)")
    return str(found)
