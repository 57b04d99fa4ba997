"""Who has the floor: several voices speak at once, a reader of one text wants them one after the other."""

from agents import Event, PerspectiveDelta, PerspectiveFinished, PerspectiveStarted

Speaker = tuple[str, str, int]
"""Culture, role and round."""


class Floor:
    """Orders interleaved voices into one text: one speaks live, the others are heard out when it ends.

    Nobody waits for a voice that is silent yet: the floor is taken by who speaks first, or is free.
    """

    def __init__(self) -> None:
        self._speaking: Speaker | None = None
        self._waiting: dict[Speaker, list[str]] = {}
        self._ended: set[Speaker] = set()
        self._queue: list[Speaker] = []

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
        while speaker := self._speaking or self._next():
            released += self._waiting[speaker]
            self._waiting[speaker] = []
            self._speaking = speaker
            if speaker not in self._ended:
                break
            self._speaking = None
            self._queue.remove(speaker)
        return released

    def _next(self) -> Speaker | None:
        """Of those who were announced, the first that has said something, or has ended."""
        begun = (one for one in self._queue if len(self._waiting[one]) > 1 or one in self._ended)
        return next(begun, None)


def _announced(event: PerspectiveStarted) -> str:
    """Who speaks: `JP · ja`, in a debate `JP · ja · round 2`, in mode `expert` `elicit · JP · ja`."""
    role = event.role if event.role != "perspective" else ""
    again = f"round {event.round}" if event.round > 1 else ""
    return " · ".join(filter(None, (role, event.culture, event.language, again)))
