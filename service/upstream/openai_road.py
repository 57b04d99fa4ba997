"""The fast road: OpenAI-compatible backbones (vLLM, llama.cpp, OpenAI …) through one shared aiohttp pool.

Retries happen here and only here for these backbones: a connection that cannot be made, and for the council's
own calls an answer of 502, 503 or 504, before the first byte. A client's own request is never repeated once
the backbone has answered, whatever it answered.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack, aclosing
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
import httpx
from httpx_sse import EventSource
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from agents import (
    BackboneError,
    BackboneTimeout,
    BackboneUnavailable,
    ModelChunk,
    ModelRequest,
)
from service.settings import LiteLLMParams
from service.upstream.chunk import read_chunk
from service.upstream.listing import context_of, models_in
from service.upstream.refusal import failed_midway, refusal

PROVIDERS = {"openai": "https://api.openai.com/v1", "hosted_vllm": None, "openai_like": None}
"""LiteLLM's provider prefixes that need no translation, with the address each has when none is given."""

KNOWN_EXTRAS = frozenset({"timeout", "extra_headers"})
"""Of LiteLLM's further parameters those that this road understands; with others LiteLLM itself is asked."""

_OPENAI = "api.openai.com"
"""Whose newer models refuse `max_tokens`; all of its models take the newer name."""

_REFUSAL_BYTES = 65_536
_LISTING_BYTES = 4_000_000
"""A provider of many models has a list of many."""


def drives(params: LiteLLMParams) -> bool:
    """Whether a deployment can take this road."""
    provider, slash, _ = params.model.partition("/")
    known = slash and provider in PROVIDERS and (params.api_base or PROVIDERS[provider])
    return bool(known) and set(params.model_extra or {}) <= KNOWN_EXTRAS


class BackboneAnswer:
    """An answer as it came over the wire: status, headers that matter, and its bytes.

    A context manager: leaving it gives the connection back, or closes it when the answer was not read out.
    """

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status = response.status
        self.content_type = response.content_type
        self.headers = {
            name: response.headers[name]
            for name in ("Content-Type", "Retry-After")
            if name in response.headers
        }
        self._response = response
        self._held = ExitStack()

    def holding(self, held: ExitStack) -> Self:
        """The same; what is in `held` ends with it, however it ends."""
        self._held = held
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._response.close() if not self._response.content.at_eof() else self._response.release()
        self._held.__exit__(kind, error, trace)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body as it arrives.

        Raises:
            BackboneTimeout: the backbone fell silent.
            BackboneUnavailable: the connection broke.
        """
        async with aclosing(_bytes(self._response)) as pieces:
            async for piece in pieces:
                yield piece


class OpenAIRoad:
    """One backbone that speaks OpenAI's HTTP API."""

    def __init__(self, params: LiteLLMParams, session: aiohttp.ClientSession, *, retries: int) -> None:
        provider, _, self.model = params.model.partition("/")
        extras = params.model_extra or {}
        self.base = params.api_base or PROVIDERS[provider] or ""
        self._is_openai = urlsplit(self.base).hostname == _OPENAI
        self.context: int | None = None  # tokens that the model takes, once it was asked whether it is ready
        self._session = session
        self._attempts = retries + 1
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        self._headers |= extras.get("extra_headers") or {}
        if params.api_key:
            self._headers["Authorization"] = f"Bearer {params.api_key}"
        if seconds := extras.get("timeout"):
            self._timeout: aiohttp.ClientTimeout | None = aiohttp.ClientTimeout(total=float(seconds))
        else:
            self._timeout = None

    async def post(self, path: str, body: bytes) -> BackboneAnswer:
        """The backbone's answer to these bytes, whatever its status; the caller reads its pieces.

        Raises:
            BackboneError: it wants to send us elsewhere.
            BackboneUnavailable: no connection, after all attempts.
            BackboneTimeout: no answer in time.
        """
        async for attempt in self._retrying():
            with attempt:
                return BackboneAnswer(await self._send(path, body))
        raise AssertionError("tenacity reraises")

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelChunk, None]:
        """The Model port."""
        body = {
            "model": request.adapter or self.model,
            "messages": list(request.messages),
            **self._named(request.parameters),
        }
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        response = await self._open("/chat/completions", json.dumps(body, ensure_ascii=False).encode())
        async with response:
            if response.content_type != "text/event-stream":
                raise BackboneUnavailable(f"the backbone answered with {response.content_type}, not a stream")
            async with aclosing(_chunks(response)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def ready(self) -> bool:
        """Whether it answers at all, within two seconds. What it tells of its context is kept."""
        try:
            timeout = aiohttp.ClientTimeout(total=2)
            async with self._session.get(
                f"{self.base}/models", headers=self._headers, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status == 200:
                    listed = models_in(await _beginning(response, _LISTING_BYTES)) or {}
                    self.context = context_of(listed.get(self.model, {})) or self.context
                return response.status < 500 and not _redirects(response)
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _named(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters under the names that this backbone takes."""
        named = dict(parameters)
        if self._is_openai and "max_tokens" in named:
            named.setdefault("max_completion_tokens", named.pop("max_tokens"))
        return named

    async def _open(self, path: str, body: bytes) -> aiohttp.ClientResponse:
        """An answer of 200, or an error of our tree."""
        async for attempt in self._retrying():
            with attempt:
                response = await self._send(path, body)
                if response.status == 200:
                    return response
                async with response:
                    said = await _beginning(response, _REFUSAL_BYTES)
                    raise refusal(response.status, said, response.headers.get("Retry-After"))
        raise AssertionError("tenacity reraises")

    async def _send(self, path: str, body: bytes) -> aiohttp.ClientResponse:
        url = f"{self.base}{path}"
        try:
            response = await self._session.post(
                url,
                data=body,
                headers=self._headers,
                timeout=self._timeout or self._session.timeout,
                allow_redirects=False,
            )
        except TimeoutError as error:
            if isinstance(error, aiohttp.ConnectionTimeoutError):
                raise BackboneUnavailable("the backbone cannot be reached: no connection in time") from error
            raise BackboneTimeout("the backbone did not answer in time") from error
        except aiohttp.ClientError as error:
            raise BackboneUnavailable(f"the backbone cannot be reached: {type(error).__name__}") from error
        if _redirects(response):
            response.close()
            message = (
                f"the backbone answered {response.status}: a redirect is not followed. Mend its api_base."
            )
            raise BackboneError(message, status=response.status)
        return response

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            stop=stop_after_attempt(self._attempts),
            wait=wait_random_exponential(multiplier=0.1, max=2.0),
            retry=retry_if_exception_type(BackboneUnavailable),
            reraise=True,
        )


def _redirects(response: aiohttp.ClientResponse) -> bool:
    """Followed, it would lead the operator's key and the asker's words to whomever the backbone names."""
    return 300 <= response.status < 400


async def _beginning(response: aiohttp.ClientResponse, most: int) -> bytes:
    """As many bytes of it at most; its status is known even where the rest never comes."""
    content = bytearray()
    try:
        async with aclosing(_bytes(response)) as pieces:
            async for piece in pieces:
                content += piece
                if len(content) >= most:
                    break
    except BackboneError:
        pass
    return bytes(content[:most])


async def _chunks(response: aiohttp.ClientResponse) -> AsyncGenerator[ModelChunk, None]:
    """Decode the stream; one that ends without a reason to stop has broken off."""
    whole = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=_bytes(response))
    finished = False
    async for event in EventSource(whole).aiter_sse():
        if event.data == "[DONE]":
            return
        chunk = read_chunk(_object(event.data))
        finished = finished or chunk.finish_reason is not None
        yield chunk
    if not finished:
        raise BackboneUnavailable("the backbone's stream broke off")


async def _bytes(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    try:
        async for piece in response.content.iter_any():
            yield piece
    except (TimeoutError, asyncio.IncompleteReadError) as error:
        raise BackboneTimeout("the backbone's stream fell silent") from error
    except aiohttp.ClientError as error:
        raise BackboneUnavailable(f"the backbone's stream broke off: {type(error).__name__}") from error


def _object(data: str) -> dict[str, Any]:
    try:
        parsed = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BackboneUnavailable("the backbone sent a frame that is not JSON") from error
    if not isinstance(parsed, dict):
        raise BackboneUnavailable("the backbone sent a frame that is not an object")
    if parsed.get("error"):
        raise BackboneError(failed_midway(parsed))
    return parsed
