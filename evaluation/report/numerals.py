"""Numbers as a report writes them: a missing one is a dash, never a zero."""

from evaluation.report.statistics import Interval

NONE = "–"


def number(value: float | None, digits: int | None = None) -> str:
    """Three digits behind the point below 10, one below 1,000, none above, unless told."""
    if value is None:
        return NONE
    if digits is None:
        digits = 3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    return f"{value:,.{digits}f}".replace("-", "−")


def signed(value: float | None) -> str:
    """With its sign."""
    if value is None:
        return NONE
    return number(value) if value < 0 else f"+{number(value)}"


def percent(share: float | None) -> str:
    """A share in percent."""
    return NONE if share is None else f"{100 * share:.1f} %"


def within(value: float | None, interval: Interval | None, *, sign: bool = False) -> str:
    """A value with its interval: `0.512 (0.470 to 0.554)`."""
    write = signed if sign else number
    if interval is None:
        return write(value)
    return f"{write(value)} ({write(interval.low)} to {write(interval.high)})"
