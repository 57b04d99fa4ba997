"""The same stages on the workers of a Ray cluster (Ray Data): `--workers N`.

Each worker holds its own connections and makes several rows at a time; this process alone writes. The
question stage counts against a draft what the same worker has kept, and what earlier runs have.
"""

import asyncio
import json
import math
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

from alignment.chat import CallFailed, Misconfigured, Refused
from alignment.config import Config
from alignment.journal import Row
from alignment.makers import open_stage
from alignment.stage import Make, Outcome, Rejected, outcome

_FAILURES = {kind.__name__: kind for kind in (CallFailed, Refused, Misconfigured)}


class NoRay(Exception):
    """Ray is not installed, or does not answer."""


def open_ray() -> Any:
    """Ray's data module, connected: to RAY_ADDRESS, or to a Ray of this machine's own.

    Raises:
        NoRay: it is not installed, or does not answer there.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it would report home
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise NoRay(
            f"--workers needs {error.name}: .venv/bin/pip install -c constraints.txt -e '.[scale]'"
        ) from error
    if not ray.is_initialized():
        try:
            ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise NoRay(f"No Ray at RAY_ADDRESS: {error} Is it started (ray status)?") from error
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray.data


async def made_on_ray(
    data: Any, config: Config, name: str, kept: Sequence[Row], rows: Sequence[Row], workers: int
) -> AsyncGenerator[Outcome, None]:
    """The outcomes of a stage's rows, in any order; closing it stops the asking."""
    if not rows:
        return
    given = [{"row": json.dumps(row)} for row in rows]
    # A block is what arrives together: no more than a worker does at a time. Workers wait for answers; they
    # need no core of their own.
    made = data.from_items(given, override_num_blocks=math.ceil(len(given) / config.at_once)).map_batches(
        StageWorker,
        fn_constructor_args=(config, name, list(kept)),
        batch_size=config.at_once,
        compute=data.ActorPoolStrategy(size=workers),
        num_cpus=0.1,
    )
    results: Iterator[dict[str, Any]] = iter(made.iter_rows())
    while (told := await asyncio.to_thread(next, results, None)) is not None:
        yield _outcome(json.loads(told["outcome"]))


class StageWorker:
    """Runs a stage in a process of Ray's. Its connections live as long as the process."""

    def __init__(self, config: Config, name: str, kept: list[Row]) -> None:
        self._config, self._name, self._kept = config, name, kept
        self._stack = AsyncExitStack()
        self._make: Make | None = None

    async def __call__(self, batch: dict[str, Any]) -> AsyncIterator[dict[str, list[str]]]:
        """A batch of `row`s (JSON) in, an `outcome` (JSON) of each out."""
        if self._make is None:
            opening = open_stage(self._config, self._name, self._kept)
            self._make = await self._stack.enter_async_context(opening)
        making = [outcome(self._make, json.loads(str(row))) for row in batch["row"]]
        for made in asyncio.as_completed(making):
            yield {"outcome": [_told(await made)]}


def _told(one: Outcome) -> str:
    told: Row = {"id": one.id, "row": one.row}
    if one.rejected:
        told["rejected"] = [one.rejected.reason, one.rejected.seen]
    if one.failed:
        told["failed"] = [type(one.failed).__name__, str(one.failed)]
    return json.dumps(told)


def _outcome(told: Row) -> Outcome:
    return Outcome(
        told["id"],
        told["row"],
        Rejected(*told["rejected"]) if "rejected" in told else None,
        _FAILURES[told["failed"][0]](told["failed"][1]) if "failed" in told else None,
    )
