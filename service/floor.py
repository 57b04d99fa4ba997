"""Who has the floor: several voices speak at once, a reader of one text wants them one after the other."""

from collections import deque

from agents import Event, PerspectiveDelta, PerspectiveFinished, PerspectiveStarted

Speaker = tuple[str, str, int]
"""Culture, role and round."""


class Floor:
    """Orders interleaved voices into one text: one speaks live, the others are heard out when it ends."""

    def __init__(self) -> None:
        self._waiting: dict[Speaker, list[str]] = {}
        self._ended: set[Speaker] = set()
        self._queue: deque[Speaker] = deque()

    def hear(self, event: Event) -> str:
        """The text that may be shown after this event, possibly empty."""
        if isinstance(event, PerspectiveStarted):
            speaker = (event.culture, event.role, event.round)
            self._queue.append(speaker)
            self._waiting[speaker] = [f"[{_announced(event)}] "]
        elif isinstance(event, PerspectiveDelta):
            self._waiting[event.culture, event.role, event.round].append(event.text)
        elif isinstance(event, PerspectiveFinished):
            said = event.perspective
            ending = "" if said.status == "spoke" else f"({said.status})"
            speaker = (said.culture, said.role, said.round)
            self._waiting[speaker].append(f"{ending}\n\n")
            self._ended.add(speaker)
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


def _announced(event: PerspectiveStarted) -> str:
    """Who speaks: `JP · ja`, in a debate `JP · ja · round 2`, in mode `expert` `elicit · JP · ja`."""
    role = event.role if event.role != "perspective" else ""
    again = f"round {event.round}" if event.round > 1 else ""
    return " · ".join(filter(None, (role, event.culture, event.language, again)))
