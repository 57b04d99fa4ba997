"""How much is left of a key's limits, and what is said of it: OpenAI's headers and refusals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from service.access.keys import Key
from service.errors import RateLimited


@dataclass(frozen=True, slots=True)
class Window:
    """`limit` of something in a time, of which this request takes `cost`. `ends` in seconds, where known."""

    kind: str
    name: str
    limit: int
    seconds: int
    cost: int
    ends: float | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """What others have used of a window, and the seconds until it begins anew."""

    window: Window
    used: int
    resets: float

    @property
    def overdrawn(self) -> bool:
        """Whether this request does not fit."""
        return self.used + self.window.cost > self.window.limit

    def headers(self, *, taken: bool) -> dict[str, str]:
        """OpenAI's three for this window; the month has none."""
        if self.window.kind == "month":
            return {}
        left = self.window.limit - self.used - (self.window.cost if taken else 0)
        values = {"limit": self.window.limit, "remaining": max(0, left), "reset": duration(self.resets)}
        return {f"x-ratelimit-{what}-{self.window.kind}": str(value) for what, value in values.items()}


def duration(seconds: float) -> str:
    """Whole seconds as OpenAI writes them: `1s`, `6m0s`, `1h0m5s`."""
    whole = max(1, math.ceil(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if whole >= 60 else "") + f"{whole % 60}s"


def headers(levels: Sequence[Level], *, taken: bool) -> dict[str, str]:
    """Those of all windows; `taken`: whether this request's cost has been taken off them."""
    return {name: value for level in levels for name, value in level.headers(taken=taken).items()}


def admit(key: Key, levels: Sequence[Level]) -> None:
    """Refuse what does not fit: first for what never will, then for what takes longest to.

    Raises:
        RateLimited: with all headers, and the cure.
    """
    tight = [level for level in levels if level.overdrawn]
    if not tight:
        return
    worst = max(tight, key=lambda one: (one.window.cost > one.window.limit, one.resets))
    window, said = worst.window, headers(levels, taken=False)
    never = window.cost > window.limit
    if never or window.kind == "month":
        said["x-should-retry"] = "false"
    if not never:
        said["Retry-After"] = str(max(1, math.ceil(worst.resets)))
    quota = window.kind == "month"
    kind, code = ("insufficient_quota",) * 2 if quota else (window.kind, "rate_limit_exceeded")
    raise RateLimited(_explain(key, worst), kind=kind, code=code, headers=said)


def _explain(key: Key, level: Level) -> str:
    window = level.window
    what = {
        "requests": "calls of a backbone a minute (a council makes one a voice, and one that answers)",
        "tokens": "tokens a minute",
        "month": "tokens a month",
    }[window.kind]
    amounts = f"at most {window.limit:,} {what}"
    if window.cost > window.limit:
        cure = "Ask fewer voices (polylect.max_agents)" if window.kind == "requests" else "Send less"
        return f"Request too large: it needs {window.cost:,}, and {key.id} has {amounts}. {cure}."
    when = "when the next month begins, in UTC" if window.kind == "month" else f"in {duration(level.resets)}"
    used = f"{level.used:,} are used, and this request needs {window.cost:,}"
    return f"Rate limit reached: {key.id} has {amounts}; {used}. Try again {when}."
