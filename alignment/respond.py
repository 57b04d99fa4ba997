"""Stage `respond`: K candidates of an answer, by the modes of the service (or any models of the endpoint)."""

import asyncio

from alignment.chat import CallFailed, Endpoint, Misconfigured, Reply
from alignment.config import RespondConfig
from alignment.journal import Row
from alignment.stage import Rejected

_STEERED = "polylect/"


class RespondStage:
    """Asks each of the configured models the row's question; a steered one as that culture alone."""

    def __init__(self, teacher: Endpoint, config: RespondConfig, seed: int) -> None:
        self._teacher, self._config, self._seed = teacher, config, seed

    async def __call__(self, row: Row) -> Row:
        """`candidates`: `model` and `text` of each that came whole; `lacks`: why another did not.

        Raises:
            Rejected: all that came are empty or cut off.
            CallFailed: none came, or the endpoint does not know one of the models.
        """
        asking = [self._ask(row, model, self._seed + at) for at, model in enumerate(self._config.models)]
        came = await asyncio.gather(*asking, return_exceptions=True)
        candidates: list[Row] = []
        lacks: dict[str, str] = {}
        for model, one in zip(self._config.models, came, strict=True):
            if isinstance(one, BaseException):
                if not isinstance(one, CallFailed) or isinstance(one, Misconfigured):
                    raise one
                lacks[model] = "failed"
            elif not one.finished:
                lacks[model] = "cut off"
            elif not one.text:
                lacks[model] = "empty"
            elif one.text in [known["text"] for known in candidates]:
                lacks[model] = "the same"
            else:
                candidates.append({"model": model, "text": one.text})
        failed = [one for one in came if isinstance(one, CallFailed)]
        if len(failed) == len(came):
            raise failed[0]
        if not candidates:
            raise Rejected("cut off" if "cut off" in lacks.values() else "empty")
        return {**row, "candidates": candidates, "lacks": lacks}

    async def _ask(self, row: Row, model: str, seed: int) -> Reply:
        more = (
            {"polylect": {"cultures": [row["culture"]], "live": False}} if model.startswith(_STEERED) else {}
        )
        return await self._teacher.ask(row["question"], model=model, seed=seed, **more)
