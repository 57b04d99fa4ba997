"""What a screen reader is told while a turn goes on: who speaks, each sentence of the answer, the end."""

from playground.languages import direction
from playground.names import Names
from playground.turn import Side, State, Turn
from playground.view.voices import speaker_name

Said = dict[str, str]

_ENDS: dict[State, str] = {"done": "The answer is complete.", "stopped": "Stopped."}


class Aloud:
    """Follows one turn. Of two sides it reads the main one, and of the other that it has ended."""

    def __init__(self, turn: Turn, names: Names) -> None:
        self.said: list[Said] = []
        self._turn = turn
        self._names = names
        self._voices = 0
        self._read = 0
        self._ended: set[int] = set()

    def listen(self) -> list[Said]:
        """All that has been said so far; only ever grows."""
        side = self._turn.main
        self._introduce(side)
        self._read_on(side)
        for number, each in enumerate(self._turn.sides):
            if not each.under_way and number not in self._ended:
                self._ended.add(number)
                self._end(each)
        return self.said

    def _introduce(self, side: Side) -> None:
        fresh = list(side.voices)[self._voices :]
        self._voices += len(fresh)
        if fresh:
            named = ", ".join(speaker_name(culture, role, self._names) for culture, role in fresh)
            self._say(f"Now speaking: {named}.")

    def _read_on(self, side: Side) -> None:
        """The answer up to its last whole sentence, or to its end."""
        rest = side.text[self._read :]
        whole = len(rest) if not side.under_way else max(rest.rfind(end) for end in ".!?。！？؟।\n") + 1
        if words := rest[:whole].strip():
            tag = (side.answer.answer_language if side.answer else "") or ""
            self.said.append({"text": words, "lang": tag, "dir": direction(words, tag)})
        self._read += whole

    def _end(self, side: Side) -> None:
        if side.trouble:
            return  # its box is an alert, and speaks for itself
        self._say("The plain model has answered." if side.plain else _ENDS.get(side.state, ""))

    def _say(self, text: str) -> None:
        self.said.append({"text": text, "lang": "en", "dir": "ltr"})
