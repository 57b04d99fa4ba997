"""The Python client of Polylect: the OpenAI client, and answers from several cultures.

>>> from polylect import Polylect
>>> answer = Polylect().council("How should a child address an elder?", cultures=["JP", "KE"])
>>> [perspective.culture for perspective in answer.perspectives]
['JP', 'KE']

`client.py` and `async_client.py` are the clients, `options.py` what they may be asked; `reading.py` and
`stream.py` read what comes back, and the other files are what it is made of.
"""

from polylect.answer import PDS, Answer, Companions, Finding, Guard, Perspective, Route, Shortened, Voice
from polylect.async_client import AsyncPolylect
from polylect.client import Polylect
from polylect.context import Context, Evidence, Language, Share, Span
from polylect.culture import Culture
from polylect.errors import NotPolylect
from polylect.events import AnswerFinished, AnswerText, Event, VoiceFinished, VoiceSpoke, VoiceStarted
from polylect.options import Mode, Options, Question
from polylect.score import Reference, Score
from polylect.stream import AnswerStream, AsyncAnswerStream

__version__ = "0.1.0"

__all__ = [
    "PDS",
    "Answer",
    "AnswerFinished",
    "AnswerStream",
    "AnswerText",
    "AsyncAnswerStream",
    "AsyncPolylect",
    "Companions",
    "Context",
    "Culture",
    "Event",
    "Evidence",
    "Finding",
    "Guard",
    "Language",
    "Mode",
    "NotPolylect",
    "Options",
    "Perspective",
    "Polylect",
    "Question",
    "Reference",
    "Route",
    "Score",
    "Share",
    "Shortened",
    "Span",
    "Voice",
    "VoiceFinished",
    "VoiceSpoke",
    "VoiceStarted",
]
