"""The fast road: OpenAI-compatible backbones (vLLM, llama.cpp, OpenAI …) through one shared aiohttp pool.

Retries happen here and only here for these backbones: a connection that cannot be made, and for the council's
own calls an answer of 502, 503 or 504, before the first byte. A client's own request is never repeated once
the backbone has answered, whatever it answered.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Self

import aiohttp
import httpx
from httpx_sse import EventSource
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from agents import (
    BackboneError,
    BackboneRejected,
    BackboneTimeout,
    BackboneUnavailable,
    ModelChunk,
    ModelRequest,
    Usage,
)
from service.settings import LiteLLMParams

PROVIDERS = {"openai": "https://api.openai.com/v1", "hosted_vllm": None, "openai_like": None}
"""LiteLLM's provider prefixes that need no translation, with the address each has when none is given."""

KNOWN_EXTRAS = frozenset({"timeout", "extra_headers"})
"""Of LiteLLM's further parameters those that this road understands; with others LiteLLM itself is asked."""

_PROMPT = ("prompt_tokens", "input_tokens")
_COMPLETION = ("completion_tokens", "output_tokens")
_TRANSIENT = frozenset({502, 503, 504})
_REASON_LIMIT = 500


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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._response.close() if not self._response.content.at_eof() else self._response.release()

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
            BackboneUnavailable: no connection, after all attempts.
            BackboneTimeout: no answer in time.
        """
        async for attempt in self._retrying():
            with attempt:
                return BackboneAnswer(await self._send(path, body))
        raise AssertionError("tenacity reraises")

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelChunk, None]:
        """The Model port."""
        body = {"model": self.model, "messages": list(request.messages), **request.parameters}
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        response = await self._open("/chat/completions", json.dumps(body, ensure_ascii=False).encode())
        async with response:
            if response.content_type != "text/event-stream":
                raise BackboneUnavailable(f"the backbone answered with {response.content_type}, not a stream")
            async with aclosing(_chunks(response)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def ready(self) -> bool:
        """Whether it answers at all, within two seconds."""
        try:
            timeout = aiohttp.ClientTimeout(total=2)
            async with self._session.get(
                f"{self.base}/models", headers=self._headers, timeout=timeout
            ) as response:
                return response.status < 500
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _open(self, path: str, body: bytes) -> aiohttp.ClientResponse:
        """An answer of 200, or an error of our tree."""
        async for attempt in self._retrying():
            with attempt:
                response = await self._send(path, body)
                if response.status == 200:
                    return response
                async with response:
                    raise await _refusal(response)
        raise AssertionError("tenacity reraises")

    async def _send(self, path: str, body: bytes) -> aiohttp.ClientResponse:
        url = f"{self.base}{path}"
        try:
            return await self._session.post(
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

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            stop=stop_after_attempt(self._attempts),
            wait=wait_random_exponential(multiplier=0.1, max=2.0),
            retry=retry_if_exception_type(BackboneUnavailable),
            reraise=True,
        )


async def _refusal(response: aiohttp.ClientResponse) -> BackboneError:
    """What the backbone's refusal means: transient ones are worth another attempt."""
    content = await response.read()
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    message = _message(body) or content.decode("utf-8", "replace")
    message = f"the backbone answered {response.status}: {message[:_REASON_LIMIT]}"
    retry_after = response.headers.get("Retry-After")
    if response.status in _TRANSIENT:
        return BackboneUnavailable(message, status=response.status, retry_after=retry_after)
    if 400 <= response.status < 500:
        return BackboneRejected(message, status=response.status, retry_after=retry_after, body=body)
    return BackboneError(message, status=response.status, retry_after=retry_after)


def _message(body: Any) -> str | None:
    error = body.get("error", body) if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else None


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
    except ValueError as error:
        raise BackboneUnavailable("the backbone sent a frame that is not JSON") from error
    if not isinstance(parsed, dict):
        raise BackboneUnavailable("the backbone sent a frame that is not an object")
    if parsed.get("error"):
        raise BackboneError(f"the backbone failed: {(_message(parsed) or 'no reason given')[:_REASON_LIMIT]}")
    return parsed


def read_chunk(data: dict[str, Any]) -> ModelChunk:
    """One of OpenAI's chunks as ours. The role is left out: it says nothing that the reader does not know."""
    choice = (data.get("choices") or [{}])[0]
    delta = {key: value for key, value in (choice.get("delta") or {}).items() if key != "role" and value}
    usage = read_usage(data.get("usage"))
    return ModelChunk(delta, choice.get("finish_reason"), choice.get("logprobs"), usage)


def read_usage(found: Any) -> Usage | None:
    """OpenAI's usage object, where it is one: chat's, or that of a response."""
    if not isinstance(found, dict):
        return None
    prompt, completion = (_count(found, one) for one in (_PROMPT, _COMPLETION))
    if prompt is None:
        return None
    cached, reasoned = (found.get(f"{kind}_details") or {} for kind in ("prompt_tokens", "completion_tokens"))
    return Usage(
        prompt,
        completion or 0,
        cached_tokens=_count(cached, ("cached_tokens",)) or 0,
        reasoning_tokens=_count(reasoned, ("reasoning_tokens",)) or 0,
    )


def _count(found: Any, names: Sequence[str]) -> int | None:
    known = found if isinstance(found, dict) else {}
    counted = next((known[name] for name in names if name in known), None)
    return counted if isinstance(counted, int) else None
