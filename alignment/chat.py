"""An OpenAI-compatible endpoint that teaches or judges: the only one here who knows HTTP."""

import asyncio
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx
from tenacity import (
    AsyncRetrying,
    RetryError,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from alignment.config import BadConfig, EndpointConfig

TOP = 20  # alternatives of the first token: the most that OpenAI's API gives
_ENVIRONMENT = "os.environ/"


class CallFailed(Exception):
    """The endpoint does not answer, or refuses what it is asked. What was to be made is made when the stage
    goes on.
    """


class Refused(CallFailed):
    """It refuses this one request, as it does a prompt that is too long: the next may pass."""


class Misconfigured(CallFailed):
    """It refuses whatever is asked so: a wrong key, a model that it does not have."""


class _Passing(Exception):
    """Worth another try."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`text`; `first`: of the first token the alternatives and their probabilities, empty where untold;
    `finished`: it was not cut off by `max_tokens`.
    """

    text: str
    first: Mapping[str, float]
    finished: bool = True


class Endpoint:
    """Asks one model, a bounded number of calls at a time. Use it as an async context manager."""

    def __init__(
        self, config: EndpointConfig, at_once: int, *, transport: httpx.AsyncBaseTransport | None = None
    ):
        self.config = config
        self._gate = asyncio.Semaphore(at_once)
        key = config.api_key
        if key.startswith(_ENVIRONMENT):
            name = key.removeprefix(_ENVIRONMENT)
            if name not in os.environ:
                raise BadConfig(f"api_key: there is no {name} in the environment.")
            key = os.environ[name]
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(config.seconds, connect=10),
            trust_env=False,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def ask(self, prompt: str, *, model: str | None = None, **parameters: Any) -> Reply:
        """One answer to one message. `parameters` win over the configuration's.

        Raises:
            CallFailed: no answer after three tries.
            Refused, Misconfigured: the endpoint refuses.
        """
        body = {
            "model": model or self.config.model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": self.config.temperature,
            "max_tokens": self.config.max_tokens,
            **parameters,
        }
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Passing),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=1, max=30),
        )
        try:
            async for attempt in retrying:
                with attempt:
                    async with self._gate:
                        return _reply(await self._post(body))
        except RetryError as error:
            raise CallFailed(f"{self.config.url}: {error.last_attempt.exception()}") from error
        raise AssertionError("AsyncRetrying ends by returning or raising")

    async def shares(self, prompt: str, options: Sequence[str]) -> dict[str, float] | None:
        """How the model divides its first token between `options` (a letter, a digit, a word each), summing
        to 1.

        None where it names none of them. Where the endpoint tells no probabilities, all goes to the option
        that the reply begins with.

        Raises:
            CallFailed: see `ask`.
        """
        reply = await self.ask(prompt, temperature=0, max_tokens=4, logprobs=True, top_logprobs=TOP)
        found = dict.fromkeys(options, 0.0)
        for token, probability in reply.first.items() or {reply.text: 1.0}.items():
            bare = token.strip(" \t\n\"'*(.").split()[:1]
            word = bare[0].rstrip(".,:;)*\"'") if bare else ""
            for option in options:
                if word.casefold() == option.casefold():
                    found[option] += probability
        total = sum(found.values())
        return {option: share / total for option, share in found.items()} if total > 0 else None

    async def _post(self, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            response = await self._client.post(f"{self.config.url}/chat/completions", json=dict(body))
        except httpx.TransportError as error:
            raise _Passing(f"no answer: {error or type(error).__name__}. Is it running?") from error
        if response.status_code in (408, 409, 429) or response.status_code >= 500:
            raise _Passing(f"it answers {response.status_code}: {_message(response)}")
        if response.is_error:
            kind = Misconfigured if response.status_code in (401, 403, 404) else Refused
            raise kind(f"{self.config.url}: {response.status_code}: {_message(response)}")
        try:
            answer: dict[str, Any] = response.json()
            answer["choices"][0]["message"]
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise CallFailed(f"{self.config.url}: its answer is none of OpenAI's: {error!r}") from error
        return answer


def _message(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["message"])[:500]
    except (ValueError, KeyError, TypeError):
        return response.text[:200]


def _reply(answer: Mapping[str, Any]) -> Reply:
    choice = answer["choices"][0]
    content = (choice.get("logprobs") or {}).get("content") or []
    top = content[0].get("top_logprobs") or [content[0]] if content else []
    first: dict[str, float] = {}
    for one in top:
        first[one["token"]] = first.get(one["token"], 0.0) + math.exp(one["logprob"])
    text = str(choice["message"].get("content") or "").strip()
    return Reply(text, first, choice.get("finish_reason") != "length")
