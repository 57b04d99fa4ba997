"""The client of `client.py`, for asyncio: the same methods, as coroutines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from openai import (
    DEFAULT_MAX_RETRIES,
    NOT_GIVEN,
    APIError,
    APIStatusError,
    AsyncOpenAI,
    NotGiven,
    Timeout,
)

from polylect import address
from polylect.answer import Answer
from polylect.context import Context
from polylect.culture import Culture, Cultures
from polylect.errors import explained, is_doubtful, ours_alone
from polylect.options import Mode, Options, Question, chat_request, detect_request
from polylect.reading import read_told, read_whole
from polylect.score import Score
from polylect.stream import AsyncAnswerStream

if TYPE_CHECKING:
    import httpx  # for its types alone: newer clients of OpenAI's have httpx2 instead


class AsyncPolylect(AsyncOpenAI):
    """`Polylect` for asyncio: the same arguments and methods, as coroutines.

    >>> import asyncio
    >>> from polylect import AsyncPolylect
    >>> async def ask():
    ...     async with AsyncPolylect() as client:
    ...         return await client.council("How should a child address an elder?", cultures=["JP", "KE"])
    >>> [perspective.culture for perspective in asyncio.run(ask()).perspectives]
    ['JP', 'KE']
    """

    def __init__(
        self,
        *,
        base_url: str | httpx.URL | None = None,
        api_key: str | Callable[[], Awaitable[str]] | None = None,
        timeout: float | Timeout | NotGiven | None = NOT_GIVEN,
        max_retries: int = DEFAULT_MAX_RETRIES,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        http_client: httpx.AsyncClient | None = None,
        **more: Any,
    ) -> None:
        super().__init__(
            base_url=address.base_url(base_url),
            api_key=api_key if callable(api_key) else address.api_key(api_key),
            timeout=timeout,
            max_retries=max_retries,
            default_headers=default_headers,
            default_query=default_query,
            http_client=http_client,
            **more,
        )
        address.forget_openai(self, default_headers, more)

    @overload
    async def steer(
        self,
        question: Question,
        *,
        mode: Mode = "auto",
        stream: Literal[False] = False,
        **options: Unpack[Options],
    ) -> Answer: ...

    @overload
    async def steer(
        self, question: Question, *, mode: Mode = "auto", stream: Literal[True], **options: Unpack[Options]
    ) -> AsyncAnswerStream: ...

    @overload
    async def steer(
        self, question: Question, *, mode: Mode = "auto", stream: bool, **options: Unpack[Options]
    ) -> Answer | AsyncAnswerStream: ...

    async def steer(
        self,
        question: Question,
        *,
        mode: Mode = "auto",
        stream: bool = False,
        **options: Unpack[Options],
    ) -> Answer | AsyncAnswerStream:
        """As `Polylect.steer`.

        >>> import asyncio
        >>> from polylect import AsyncPolylect
        >>> async def ask():
        ...     async with AsyncPolylect() as client:
        ...         return await client.steer("Why do people in Kyoto bow to their guests?")
        >>> asyncio.run(ask()).mode
        'contextual'
        """
        request = chat_request(question, mode, stream, options)
        try:
            if stream:
                return AsyncAnswerStream(await self.chat.completions.create(**request), self.base_url)
            return read_whole(await self.chat.completions.with_raw_response.create(**request), self.base_url)
        except APIStatusError as error:
            if is_doubtful(error):
                with suppress(APIError):
                    await self.with_options(max_retries=0).cultures()
            raise

    @overload
    async def council(
        self,
        question: Question,
        *,
        debate: bool = False,
        stream: Literal[False] = False,
        **options: Unpack[Options],
    ) -> Answer: ...

    @overload
    async def council(
        self, question: Question, *, debate: bool = False, stream: Literal[True], **options: Unpack[Options]
    ) -> AsyncAnswerStream: ...

    @overload
    async def council(
        self, question: Question, *, debate: bool = False, stream: bool, **options: Unpack[Options]
    ) -> Answer | AsyncAnswerStream: ...

    async def council(
        self, question: Question, *, debate: bool = False, stream: bool = False, **options: Unpack[Options]
    ) -> Answer | AsyncAnswerStream:
        """As `Polylect.council`.

        >>> import asyncio
        >>> from polylect import AsyncPolylect
        >>> async def ask():
        ...     async with AsyncPolylect() as client:
        ...         return await client.council("Is it rude to be late?", cultures=["DE", "BR"], debate=True)
        >>> asyncio.run(ask()).mode
        'debate'
        """
        return await self.steer(question, mode="debate" if debate else "multiplex", stream=stream, **options)

    async def detect(self, text: Question, *, audience: str | None = None) -> Context:
        """As `Polylect.detect`.

        >>> import asyncio
        >>> from polylect import AsyncPolylect
        >>> async def look():
        ...     async with AsyncPolylect() as client:
        ...         return await client.detect("Why do people in Kyoto bow?")
        >>> asyncio.run(look()).cultures[0].id
        'JP'
        """
        body = detect_request(text, audience)
        with ours_alone(self.base_url):
            told = await self.post("/polylect/detect", cast_to=Context, body=body)
            return read_told(told, "cultural", self.base_url)

    async def score(self, text: str) -> Score:
        """As `Polylect.score`.

        >>> import asyncio
        >>> from polylect import AsyncPolylect
        >>> async def look():
        ...     async with AsyncPolylect() as client:
        ...         return await client.score("Kyoto, Osaka and Nara.")
        >>> asyncio.run(look()).distribution
        {'east-asian': 1.0}
        """
        with ours_alone(self.base_url):
            told = await self.post("/polylect/score", cast_to=Score, body={"text": text})
            return read_told(told, "entropy", self.base_url)

    async def cultures(self) -> list[Culture]:
        """As `Polylect.cultures`.

        >>> import asyncio
        >>> from polylect import AsyncPolylect
        >>> async def look():
        ...     async with AsyncPolylect() as client:
        ...         return await client.cultures()
        >>> "JP" in {culture.id for culture in asyncio.run(look())}
        True
        """
        with ours_alone(self.base_url):
            told = await self.get("/polylect/cultures", cast_to=Cultures)
            return read_told(told, "data", self.base_url).data

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """As `Polylect.request`.

        >>> import asyncio, openai
        >>> from polylect import AsyncPolylect
        >>> async def ask():
        ...     async with AsyncPolylect(base_url="http://127.0.0.1:9", max_retries=0) as client:
        ...         return await client.models.list()
        >>> try:
        ...     asyncio.run(ask())
        ... except openai.APIConnectionError as error:
        ...     print(str(error)[:42])
        No server answers at http://127.0.0.1:9/v1
        """
        with explained(self.base_url):
            return await super().request(*args, **kwargs)
