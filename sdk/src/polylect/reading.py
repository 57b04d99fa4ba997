"""Reading what comes back, whole or in chunks: what both clients share."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from openai import APIConnectionError, APITimeoutError, BaseModel, OpenAIError
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from polylect.address import shown
from polylect.answer import Answer
from polylect.errors import NotPolylect, explained
from polylect.events import AnswerFinished, AnswerText, Event, voice_event
from polylect.fold import Fold

if TYPE_CHECKING:
    import httpx  # for its types alone: newer clients of OpenAI's have httpx2 instead

MODE = "x-polylect-mode"

Told = TypeVar("Told", bound=BaseModel)


class Raw(Protocol):
    """A response of OpenAI's `with_raw_response`."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Of the response."""

    def parse(self) -> object:
        """Its body."""


def read_whole(raw: Raw, url: object) -> Answer:
    """The answer of a chat request that was not streamed.

    Raises:
        NotPolylect: no Polylect has answered.
    """
    try:
        completion = raw.parse()
    except ValueError:  # no JSON
        completion = None
    if not isinstance(completion, ChatCompletion):
        raise NotPolylect(shown(url), "it sends no chat completion")
    return _answer(completion, raw.headers, url)


def read_told(told: Told, field: str, url: object) -> Told:
    """What an endpoint of Polylect's told, which has this field.

    Raises:
        NotPolylect: it has not.
    """
    if not isinstance(told, BaseModel) or field not in told.model_fields_set:
        raise NotPolylect(shown(url), f"its answer has no {field!r}")
    return told


class Reading:
    """One stream, as far as it has been read: events that wait to be taken, and the answer at its end."""

    def __init__(self, response: "httpx.Response", url: object) -> None:
        self.events: deque[Event] = deque()
        self.answer: Answer | None = None
        self._response = response
        self._url = url
        self._fold = Fold()
        self._is_ours = MODE in response.headers
        self._told: Mapping[str, Any] | None = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Inside, the next chunk is taken: whatever breaks then is OpenAI's connection error."""
        with explained(self._url):
            try:
                yield
            except OpenAIError:
                raise
            except Exception as error:  # httpx's or httpx2's, or chunks that are no JSON
                late = type(error).__name__.endswith("Timeout")
                broken = APITimeoutError if late else APIConnectionError
                raise broken(request=self._response.request) from error

    def hear(self, chunk: object) -> None:
        """The next chunk, or None at the end of the stream.

        Raises:
            NotPolylect: no Polylect has sent it.
            EOFError: the stream ended before the answer did.
        """
        told = getattr(chunk, "polylect", None)
        self._is_ours = self._is_ours or isinstance(told, Mapping)
        if not self._is_ours:
            raise NotPolylect(shown(self._url), "its stream is not Polylect's")
        if not isinstance(chunk, ChatCompletionChunk):
            self._end()
            return
        if isinstance(told, Mapping):
            self._hear_told(told)
        self._fold.add(chunk)
        for choice in chunk.choices or ():
            if choice.delta and choice.delta.content:
                text = choice.delta.content
                self.events.append(
                    AnswerText.construct(None, type="answer.text", text=text, index=choice.index)
                )

    def _hear_told(self, told: Mapping[str, Any]) -> None:
        happened = told.get("event")
        if not isinstance(happened, Mapping):
            self._told = told
        elif event := voice_event(happened):
            self.events.append(event)

    def _end(self) -> None:
        if not self._fold.ended:
            raise EOFError("the stream ended before the answer did")
        completion = self._fold.completion(self._told)
        self.answer = _answer(completion, self._response.headers, self._url)
        self.events.append(AnswerFinished.construct(None, type="answer.finished", answer=self.answer))


def _answer(completion: ChatCompletion, headers: Mapping[str, str], url: object) -> Answer:
    """The completion and what it carries beyond OpenAI's fields, as one answer."""
    told = getattr(completion, "polylect", None)
    mode = headers.get(MODE)
    if not isinstance(told, Mapping):
        if mode != "direct":
            raise NotPolylect(shown(url), "its answer has no object 'polylect'")
        told = _of_headers(headers)
    choice = completion.choices[0] if completion.choices else None
    fields = {
        **told,
        "usage_by_stage": told.get("usage") or {},
        "usage": completion.usage,
        "text": (choice.message.content if choice else None) or "",
        "refusal": choice.message.refusal if choice else None,
        "finish_reason": choice.finish_reason if choice else None,
        "completion": completion,
        "request_id": headers.get("x-request-id"),
    }
    return Answer.construct(None, **fields)


def _of_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """What is known of an answer that the backbone gave alone, in one call: Polylect says it in headers."""
    language = headers.get("x-polylect-language", "unknown")
    overhead = headers.get("x-polylect-overhead-ms")
    return {
        "mode": "direct",
        "answer_language": None if language == "unknown" else language,
        "overhead_ms": float(overhead) if overhead else None,
        "calls": 1,
    }
