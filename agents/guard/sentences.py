"""Sentences out of a text that is still being written."""

import re

LONGEST = 400  # characters after which any place is taken for an end: nothing waits for ever, or goes unread
_END = re.compile(
    r"[.!?…]+[\"'”’»)\]]*(?=\s)"  # a stop, once the next character shows that it was one
    r"|[。！？।؟۔።៖]+[”’」』）)]*"
    r"|\n+"
)


class Sentences:
    """Collects pieces; gives each sentence as soon as it is complete. Joined, they are the text."""

    def __init__(self) -> None:
        self._open = ""

    def feed(self, piece: str) -> list[str]:
        """The sentences that this piece completes, spaces and all."""
        self._open += piece
        complete = []
        while cut := self._cut():
            complete.append(self._open[:cut])
            self._open = self._open[cut:]
        return complete

    def end(self) -> str:
        """What was begun and not completed."""
        rest, self._open = self._open, ""
        return rest

    def _cut(self) -> int:
        """Where the first sentence ends; 0 where none does yet."""
        for found in _END.finditer(self._open[: LONGEST + 1]):
            if found.end() <= LONGEST and self._open[: found.end()].strip():
                return found.end()
        if len(self._open) <= LONGEST:
            return 0
        return self._open.rfind(" ", 1, LONGEST) + 1 or LONGEST
