"""How the service ends: /readyz turns first, running answers may end, what is left is ended by name."""

import asyncio
import logging
import signal
from dataclasses import dataclass, field
from types import FrameType

import uvicorn

log = logging.getLogger("polylect")
_AFTERWARDS_SECONDS = 5
"""For the last error frames to be sent, once the time for running answers is over."""


@dataclass(slots=True)
class Draining:
    """Whether the service is about to end. `over` is set when running answers have had their time."""

    begun: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)


class DrainingServer(uvicorn.Server):
    """Ends in three steps: not ready, but still serving; no new connections; error frames for the rest.

    `notice_seconds` is the first step, for a load balancer to look away; Ctrl-C skips it, and a second
    Ctrl-C ends everything. `drain_seconds` is what running answers get.
    """

    def __init__(
        self, config: uvicorn.Config, draining: Draining, *, notice_seconds: float, drain_seconds: float
    ) -> None:
        config.timeout_graceful_shutdown = round(drain_seconds) + _AFTERWARDS_SECONDS
        super().__init__(config)
        self._draining = draining
        self._notice_seconds = notice_seconds
        self._drain_seconds = drain_seconds
        self._signal: int | None = None
        self._ending: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal begins the drain; the second one ends it.

        Uvicorn's own would raise the signal once more at the end, before backbones and spans are closed.
        """
        if self._signal is None:
            self._signal = sig
        elif self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        else:
            self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Uvicorn's own ten times a second: the place where a signal meets the loop."""
        if self._signal is not None and self._ending is None:
            self._draining.begun = True
            self._ending = asyncio.create_task(self._end(self._signal))
        return await super().on_tick(counter)

    async def _end(self, sig: int) -> None:
        log.info("stopping: not ready, running answers have %g s", self._drain_seconds)
        if sig != signal.SIGINT:
            await asyncio.sleep(self._notice_seconds)
        self.should_exit = True
        await asyncio.sleep(self._drain_seconds)
        self._draining.over.set()
