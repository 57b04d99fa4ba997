"""Who has the floor: several voices speak at once, a reader of one text wants them one after the other."""

from collections import deque

from agents import Event, PerspectiveDelta, PerspectiveFinished, PerspectiveStarted


class Floor:
    """Orders interleaved voices into one text: one speaks live, the others are heard out when it ends."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int], list[str]] = {}
        self._ended: set[tuple[str, int]] = set()
        self._queue: deque[tuple[str, int]] = deque()

    def hear(self, event: Event) -> str:
        """The text that may be shown after this event, possibly empty."""
        if isinstance(event, PerspectiveStarted):
            speaker = (event.culture, event.round)
            self._queue.append(speaker)
            again = f" · round {event.round}" if event.round > 1 else ""
            self._waiting[speaker] = [f"[{event.culture} · {event.language}{again}] "]
        elif isinstance(event, PerspectiveDelta):
            self._waiting[event.culture, event.round].append(event.text)
        elif isinstance(event, PerspectiveFinished):
            said = event.perspective
            ending = "" if said.status == "spoke" else f"({said.status})"
            self._waiting[said.culture, said.round].append(f"{ending}\n\n")
            self._ended.add((said.culture, said.round))
        else:
            return ""
        return "".join(self._release())

    def _release(self) -> list[str]:
        released: list[str] = []
        while self._queue:
            speaker = self._queue[0]
            if len(self._waiting[speaker]) == 1 and speaker not in self._ended:
                break  # it has been announced and has not begun: whoever begins first goes first
            released += self._waiting[speaker]
            self._waiting[speaker] = [""]
            if speaker not in self._ended:
                break
            self._queue.popleft()
        return released
