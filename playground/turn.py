"""One turn of the conversation, as it grows: the question, and one side or two that answer it."""

from dataclasses import dataclass, field
from typing import Literal

from openai.types.chat import ChatCompletionMessageParam
from polylect import (
    Answer,
    AnswerFinished,
    AnswerText,
    Context,
    Event,
    Score,
    VoiceFinished,
    VoiceSpoke,
    VoiceStarted,
)

from playground.trouble import Trouble
from playground.wish import Wish

State = Literal["asked", "speaking", "answering", "done", "stopped", "failed"]
Speaker = tuple[str | None, str | None]
"""A culture and, in mode `expert`, a role."""


@dataclass(slots=True)
class Voice:
    """What one culture says; `again` is what it says having heard the others."""

    culture: str | None
    language: str
    role: str | None = None
    text: str = ""
    again: str = ""
    status: Literal["speaking", "spoke", "cut", "silent"] = "speaking"
    reason: str | None = None
    changed: bool | None = None


@dataclass(slots=True)
class Side:
    """One answer on its way. `plain`: the backbone alone, beside the council.

    `unscored`: it is complete, and the service would not score it.
    """

    plain: bool = False
    state: State = "asked"
    voices: dict[Speaker, Voice] = field(default_factory=dict)
    text: str = ""
    answer: Answer | None = None
    score: Score | None = None
    unscored: bool = False
    trouble: Trouble | None = None
    seconds: float = 0.0

    @property
    def under_way(self) -> bool:
        """Whether more may come."""
        return self.state in {"asked", "speaking", "answering"}

    def hear(self, event: Event) -> None:
        """Take one event of the stream in."""
        match event:
            case VoiceStarted():
                self._begin(event)
            case VoiceSpoke():
                self._speak(event)
            case VoiceFinished():
                self._finish(event)
            case AnswerText() if event.index == 0:
                self.state, self.text = "answering", self.text + event.text
            case AnswerFinished():
                self.answer = event.answer
                self.state, self.text = "done", event.answer.text or event.answer.refusal or self.text

    def _begin(self, event: VoiceStarted) -> None:
        self.state = "speaking"
        speaker = (event.culture, event.role)
        if event.round > 1 and speaker in self.voices:
            self.voices[speaker].status = "speaking"
        else:
            self.voices[speaker] = Voice(event.culture, event.language, event.role)

    def _speak(self, event: VoiceSpoke) -> None:
        voice = self._voice(event)
        if event.round > 1:
            voice.again += event.text
        else:
            voice.text += event.text

    def _finish(self, event: VoiceFinished) -> None:
        """What a voice said in the end counts: the guard may have taken a sentence back."""
        voice = self._voice(event)
        voice.status, voice.reason = event.status, event.reason
        if event.round > 1:
            voice.again, voice.changed = event.text or voice.again, event.changed
        else:
            voice.text = event.text or voice.text

    def _voice(self, event: VoiceSpoke | VoiceFinished) -> Voice:
        speaker = (event.culture, event.role)
        return self.voices.setdefault(speaker, Voice(event.culture, event.language, event.role))


@dataclass(slots=True)
class Turn:
    """A question and its answers. `number` is unique in the conversation."""

    number: int
    wish: Wish
    sides: list[Side]
    context: Context | None = None

    @property
    def main(self) -> Side:
        """The side that the conversation goes on from."""
        return self.sides[-1]

    @property
    def under_way(self) -> bool:
        """Whether more may come."""
        return any(side.under_way for side in self.sides)


def new_turn(number: int, wish: Wish) -> Turn:
    """A turn that nobody has answered yet; the plain side, where it is wished for, comes first."""
    beside = wish.beside and wish.mode != "direct"
    return Turn(number, wish, [Side(plain=True), Side()] if beside else [Side()])


def messages(turns: list[Turn], question: str) -> list[ChatCompletionMessageParam]:
    """The conversation so far as OpenAI's messages, and the new question."""
    told: list[ChatCompletionMessageParam] = []
    for turn in turns:
        if turn.main.text:
            told.append({"role": "user", "content": turn.wish.question})
            told.append({"role": "assistant", "content": turn.main.text})
    return [*told, {"role": "user", "content": question}]
