"""Whose culture is a text about when it names nobody? Dishes, rites, dress, kin tell: `data/cues.tsv`.

The names of `specifics.tsv` are cues as well, and so are situations and customs that several common words
make together.
"""

from agents.detect.mentions import Mention
from agents.detect.situations import Customs, Guess, Situations
from agents.detect.specifics import Specifics

TABLES = ("specifics", "cues")


class Cues:
    """Finds implicit cues. Thread-safe."""

    def __init__(self) -> None:
        self._names = Specifics(TABLES)
        self._situations = Situations()
        self._customs = Customs()

    def find(self, text: str, *, language: str | None = None) -> tuple[Mention, ...]:
        """The cues in `text`, in order; a cue that cultures share gives one mention for each, with its part.

        `kind` is the table's, or `situation`; a situation may run over other cues. `language` (BCP-47) is the
        text's, if known: cues that are other languages' common words count only in their own. Of a text that
        is little but cues, only the first and last `boundary.MATCHES // 2` are looked at.
        """
        found = (
            *self._names.find(text, language=language),
            *self._situations.find(text, language=language),
            *self._customs.find(text, language=language),
        )
        return tuple(sorted(found, key=lambda one: (one.start, one.end)))

    def nearly(self, text: str, *, language: str | None = None) -> dict[str, Guess]:
        """The customs of which at most one word is missing in `text`, by number: `Situations.nearly`."""
        return self._customs.nearly(text, language=language)
