"""How many councils meet at once: one request is many calls, so their number is bounded as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import TooManyAtOnce


class FanOuts:
    """Counts the runs under way of more than one call; `most` may be so at once, in this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.running = 0

    def check(self, calls: int) -> None:
        """Whether there is a seat for a run of so many calls, before it costs anything.

        Raises:
            TooManyAtOnce: 429, all seats are taken.
        """
        if calls > 1 and self.running >= self._most:
            message = f"{self.running} councils are meeting, the most allowed at once. Try again."
            raise TooManyAtOnce(message, code="too_many_fan_outs")

    @contextmanager
    def seat(self, calls: int) -> Iterator[None]:
        """A seat for a run of so many calls, until it ends; a single call needs none.

        Raises:
            TooManyAtOnce: 429, all seats are taken.
        """
        self.check(calls)
        if calls <= 1:
            yield
            return
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
