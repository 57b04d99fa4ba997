"""What happens while an answer is made: the events of a stream, each with its `type`."""

from collections.abc import Mapping
from typing import Literal

from openai import BaseModel

from polylect.answer import Answer, Perspective, Role


class VoiceStarted(BaseModel):
    """A voice was asked.

    >>> from polylect import Polylect, VoiceStarted
    >>> with Polylect().council("Why bow?", cultures=["JP"], stream=True) as stream:
    ...     [(event.culture, event.language) for event in stream if isinstance(event, VoiceStarted)]
    [('JP', 'ja')]
    """

    type: Literal["voice.started"] = "voice.started"
    culture: str | None = None
    language: str = ""
    round: int = 1
    role: Role | None = None


class VoiceSpoke(BaseModel):
    """A voice said something: `text` is what is new. Voices interleave.

    >>> from polylect import Polylect, VoiceSpoke
    >>> with Polylect().council("Why bow?", cultures=["JP"], stream=True) as stream:
    ...     said = "".join(event.text for event in stream if isinstance(event, VoiceSpoke))
    >>> len(said) > 0
    True
    """

    type: Literal["voice.spoke"] = "voice.spoke"
    culture: str | None = None
    language: str = ""
    text: str = ""
    round: int = 1
    role: Role | None = None


class VoiceFinished(Perspective):
    """A voice ended: whether it spoke, and all that it said.

    >>> from polylect import Polylect, VoiceFinished
    >>> with Polylect().council("Why bow?", cultures=["JP"], stream=True) as stream:
    ...     [(event.culture, event.status) for event in stream if isinstance(event, VoiceFinished)]
    [('JP', 'spoke')]
    """

    type: Literal["voice.finished"] = "voice.finished"


class AnswerText(BaseModel):
    """The answer goes on: `text` is what is new.

    >>> from polylect import AnswerText, Polylect
    >>> with Polylect().council("Why bow?", cultures=["JP"], stream=True) as stream:
    ...     text = "".join(event.text for event in stream if isinstance(event, AnswerText))
    >>> text == stream.answer.text
    True
    """

    type: Literal["answer.text"] = "answer.text"
    text: str = ""
    index: int = 0
    """Which choice, where `n` asked for several."""


class AnswerFinished(BaseModel):
    """The last event: the whole answer.

    >>> from polylect import Polylect
    >>> with Polylect().council("Why bow?", cultures=["JP"], stream=True) as stream:
    ...     *_, last = stream
    >>> last.type, last.answer.mode
    ('answer.finished', 'multiplex')
    """

    type: Literal["answer.finished"] = "answer.finished"
    answer: Answer


VoiceEvent = VoiceStarted | VoiceSpoke | VoiceFinished
Event = VoiceEvent | AnswerText | AnswerFinished


def voice_event(told: Mapping[str, object]) -> VoiceEvent | None:
    """The event of a chunk's `polylect.event`; None for a kind that this version does not know."""
    fields = {name: value for name, value in told.items() if name != "type"}
    match told.get("type"):
        case "started":
            return VoiceStarted.construct(None, type="voice.started", **fields)
        case "delta":
            return VoiceSpoke.construct(None, type="voice.spoke", **fields)
        case "finished":
            return VoiceFinished.construct(None, type="voice.finished", **fields)
    return None
