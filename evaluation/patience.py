"""How long an endpoint may fail every call before a run gives it up, and how long to wait between calls."""

import time
from collections.abc import Callable

from tenacity.wait import WaitBaseT, wait_exponential, wait_random


class EndpointGone(Exception):
    """No call was answered for so long that asking on is useless."""


class Patience:
    """Counts how long nothing has been answered: one answer, and it starts anew.

    Args:
        seconds: how long every call may fail before `check` raises. Waits between calls begin at a twentieth.
        now: a clock, in seconds.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._failing_since: float | None = None

    def answered(self) -> None:
        """A call was answered."""
        self._failing_since = None

    def failed(self) -> None:
        """A call failed in a way that may pass by itself."""
        if self._failing_since is None:
            self._failing_since = self._now()

    @property
    def is_over(self) -> bool:
        """Whether every call has failed for longer than this patience lasts."""
        return self._failing_since is not None and self._now() - self._failing_since > self._seconds

    def check(self) -> None:
        """Nothing while there is hope.

        Raises:
            EndpointGone: there is none, so that a run over a dead endpoint ends; it does not wait at every
                question.
        """
        if self.is_over:
            raise EndpointGone(f"The endpoint has answered nothing for more than {self._seconds:g} s.")

    def waits(self) -> WaitBaseT:
        """Growing waits between the attempts of one call."""
        first = self._seconds / 20
        return wait_exponential(multiplier=first, max=self._seconds / 2) + wait_random(0, first)
