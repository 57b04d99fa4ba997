"""The modes that a visitor may choose, in the words of the page."""

from typing import NamedTuple


class ModeChoice(NamedTuple):
    """A mode, what the page calls it, and what it does in one line."""

    id: str
    name: str
    told: str


MODES = (
    ModeChoice(
        "auto", "Automatic", "Hears cultures when the question depends on them; else asks the model alone."
    ),
    ModeChoice(
        "multiplex",
        "Council",
        "One voice for each culture, in its language where there is enough text, then one answer.",
    ),
    ModeChoice("debate", "Debate", "A council whose voices speak again after they have heard the others."),
    ModeChoice(
        "expert", "Expert", "For one culture: thinks in the language that knows it best, and in English."
    ),
    ModeChoice("contextual", "Contextual", "One call, with several traditions in mind. The quickest."),
    ModeChoice("direct", "Plain", "The model alone, untouched."),
)


def mode_name(mode: str) -> str:
    """What the page calls a mode."""
    return next((one.name for one in MODES if one.id == mode), mode)
