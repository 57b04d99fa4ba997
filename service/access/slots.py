"""How many requests of one key are under way at once, counted in this process."""

from collections import Counter
from typing import Protocol


class Slots(Protocol):
    """Slots by name. What is taken is given back with the lease that taking it returned."""

    async def take(self, name: str, most: int) -> str | None:
        """A lease, or None at once when `most` are held."""

    async def release(self, name: str, lease: str) -> None:
        """Give it back."""


class LocalSlots:
    """Those of one process."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()

    async def take(self, name: str, most: int) -> str | None:
        """Slots."""
        if self._held[name] >= most:
            return None
        self._held[name] += 1
        return name

    async def release(self, name: str, lease: str) -> None:
        """Slots."""
        self._held[name] -= 1
        if not self._held[name]:
            del self._held[name]
