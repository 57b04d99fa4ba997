"""A stream of events, for either client. Leaving its `with` closes the connection, and ends every call."""

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Self

from openai import AsyncStream, OpenAIError, Stream
from openai.types.chat import ChatCompletionChunk

from polylect.answer import Answer
from polylect.events import Event
from polylect.reading import Reading


class _Read:
    """What a stream has told so far."""

    _reading: Reading

    @property
    def answer(self) -> Answer:
        """The whole answer, once the stream has ended.

        Raises:
            RuntimeError: it has not.

        >>> from polylect import Polylect
        >>> with Polylect().council("Why bow?", cultures=["JP"], stream=True) as stream:
        ...     events = list(stream)
        >>> stream.answer.mode
        'multiplex'
        """
        if self._reading.answer is None:
            raise RuntimeError("The stream has not ended: take its events first, all of them.")
        return self._reading.answer


class AnswerStream(_Read):
    """The events of an answer while it is made. Errors in mid-stream are raised where the events are taken.

    >>> from polylect import Polylect
    >>> with Polylect().council("Why bow?", cultures=["JP"], stream=True) as stream:
    ...     kinds = list(dict.fromkeys(event.type for event in stream))
    >>> kinds
    ['voice.started', 'voice.spoke', 'voice.finished', 'answer.text', 'answer.finished']
    """

    def __init__(self, chunks: Stream[ChatCompletionChunk], url: object) -> None:
        self._chunks = chunks
        self._reading = Reading(chunks.response, url)
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        while not self._reading.events:
            if self._closed:
                raise StopIteration
            self._advance()
        return self._reading.events.popleft()

    def close(self) -> None:
        """Leave the stream: the service ends every call that it still makes for it.

        >>> from polylect import Polylect
        >>> stream = Polylect().council("Why bow?", cultures=["JP"], stream=True)
        >>> first = next(stream)
        >>> stream.close()
        """
        self._closed = True
        self._chunks.close()

    def _advance(self) -> None:
        try:
            with self._reading.listening():
                chunk = next(self._chunks, None)
                self._reading.hear(chunk)
        except OpenAIError:
            self.close()
            raise
        if chunk is None:
            self.close()


class AsyncAnswerStream(_Read):
    """The events of an answer while it is made, for `async for`.

    >>> import asyncio
    >>> from polylect import AsyncPolylect
    >>> async def kinds():
    ...     async with AsyncPolylect() as client:
    ...         async with await client.council("Why bow?", cultures=["JP"], stream=True) as stream:
    ...             return list(dict.fromkeys([event.type async for event in stream]))
    >>> asyncio.run(kinds())
    ['voice.started', 'voice.spoke', 'voice.finished', 'answer.text', 'answer.finished']
    """

    def __init__(self, chunks: AsyncStream[ChatCompletionChunk], url: object) -> None:
        self._chunks = chunks
        self._reading = Reading(chunks.response, url)
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        while not self._reading.events:
            if self._closed:
                raise StopAsyncIteration
            await self._advance()
        return self._reading.events.popleft()

    async def close(self) -> None:
        """Leave the stream: the service ends every call that it still makes for it.

        >>> import asyncio
        >>> from polylect import AsyncPolylect
        >>> async def leave():
        ...     async with AsyncPolylect() as client:
        ...         stream = await client.council("Why bow?", cultures=["JP"], stream=True)
        ...         first = await anext(stream)
        ...         await stream.close()
        ...         return first.type
        >>> asyncio.run(leave())
        'voice.started'
        """
        self._closed = True
        await self._chunks.close()

    async def _advance(self) -> None:
        try:
            with self._reading.listening():
                chunk = await anext(self._chunks, None)
                self._reading.hear(chunk)
        except OpenAIError:
            await self.close()
            raise
        if chunk is None:
            await self.close()
