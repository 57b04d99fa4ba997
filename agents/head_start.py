"""A head start for the first of several calls that begin alike.

A prefix cache holds what has been computed. Calls that come in one moment find nothing in it, and each
computes the shared beginning for itself; when the first one has begun to speak, the others find it there.
"""

import asyncio
from contextlib import suppress


class HeadStart:
    """One round's voices: the first goes ahead, the others wait for its first word, at most `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._spoken = asyncio.Event()

    async def wait(self) -> None:
        """Until the first one has spoken, or ended, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                await self._spoken.wait()

    def spoken(self) -> None:
        """The first one has said something, or will say nothing any more."""
        self._spoken.set()
