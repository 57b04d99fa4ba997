"""The translated road: any provider that LiteLLM knows, and several deployments behind one name.

LiteLLM's Router chooses the deployment, retries and falls back; nothing is retried on top of it.
"""

import asyncio
import inspect
import math
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from agents import (
    BackboneError,
    BackboneRejected,
    BackboneTimeout,
    BackboneUnavailable,
    ModelChunk,
    ModelRequest,
)
from service.settings import ConfigurationError, Deployment, Settings
from service.upstream.chunk import read_chunk
from service.upstream.refusal import answered

_PASSED_ON = frozenset(
    {
        "audio",
        "dimensions",
        "encoding_format",
        "frequency_penalty",
        "function_call",
        "functions",
        "input",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "min_p",
        "modalities",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "reasoning_effort",
        "repetition_penalty",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "stream",
        "stream_options",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    }
)


class LiteLLMRoad:
    """All deployments of one `model_name`, through a Router that several names may share.

    LiteLLM takes where to go and with which key from the same arguments as temperature and tools. So of what
    a client sends only OpenAI's own parameters and a few of sampling reach it; all others are left out.
    """

    def __init__(self, name: str, router: Any) -> None:
        self.model = name
        self._router = router

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelChunk, None]:
        """The Model port."""
        parameters = _harmless(request.parameters) | {
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        # Otherwise LiteLLM imports its MCP gateway as soon as it sees tools, and a client's could reach it.
        parameters["_skip_mcp_handler"] = True
        try:
            messages = [dict(message) for message in request.messages]
            answer = await self._router.acompletion(model=self.model, messages=messages, **parameters)
            try:
                async for chunk in answer:
                    yield read_chunk(chunk.model_dump())
            finally:
                await _close(answer)
        except (
            Exception
        ) as error:  # LiteLLM raises its own tree, OpenAI's and whatever a provider's code raises
            raise translate(error) from error

    async def embed(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Embeddings. There are no text completions here: LiteLLM leaves a connection open after each.

        Raises:
            BackboneError: the provider failed, or has no such endpoint.
        """
        try:
            answer = await self._router.aembedding(model=self.model, **_harmless(asked))
        except Exception as error:  # as above
            raise translate(error) from error
        whole: dict[str, Any] = answer.model_dump()
        return whole

    async def ready(self) -> bool:
        """Providers have no common way to be asked: a configured one counts as ready."""
        return True


def _harmless(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name in _PASSED_ON}


@asynccontextmanager
async def open_router(settings: Settings, deployments: Sequence[Deployment]) -> AsyncIterator[Any]:
    """A LiteLLM Router over these deployments; its connections are closed at the end.

    Raises:
        ConfigurationError: LiteLLM does not accept them.
    """
    litellm = await asyncio.to_thread(_import_litellm)
    yield _router(litellm, settings, deployments)
    await litellm.close_litellm_async_clients()
    # It closes those of the whole process, and keeps them: another service here would use closed ones.
    litellm.in_memory_llm_clients_cache.flush_cache()


def _import_litellm() -> Any:
    """LiteLLM takes seconds to import, and fetches a price map from the internet unless told not to."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    import litellm

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    return litellm


def _router(litellm: Any, settings: Settings, deployments: Sequence[Deployment]) -> Any:
    """Errors name places, not values, and have no cause: LiteLLM's own may repeat a secret."""
    for one in deployments:
        try:
            litellm.get_llm_provider(one.litellm_params.model, api_base=one.litellm_params.api_base)
        except Exception:  # LiteLLM's word for a model whose provider it does not know
            cure = "Write PROVIDER/MODEL with a provider that LiteLLM knows, such as openai/gpt-4o."
            what = f"litellm_params.model of {one.model_name!r} has no provider"
            raise ConfigurationError(f"model_list: {what}. {cure}") from None
    models = [one.model_dump(exclude_none=True) for one in deployments]
    given = settings.router_settings
    if unknown := sorted(set(given) - set(inspect.signature(litellm.Router).parameters)):
        raise ConfigurationError(
            f"router_settings.{unknown[0]}: LiteLLM's Router has no such setting; remove it."
        )
    try:
        return litellm.Router(model_list=models, **{"num_retries": settings.retries, **given})
    except Exception as error:  # whatever the Router objects to is the configuration's fault
        kind, cure = type(error).__name__, "Compare them with LiteLLM's documentation of its Router."
        raise ConfigurationError(
            f"router_settings, model_list: LiteLLM refuses them ({kind}). {cure}"
        ) from None


def translate(error: Exception) -> BackboneError:
    """LiteLLM's exceptions, which carry a status, as ours."""
    if isinstance(error, BackboneError):
        return error
    status = getattr(error, "status_code", None)
    if "Timeout" in type(error).__name__ or status == 408:
        return BackboneTimeout("the backbone did not answer in time", status=status)
    if cooldown := getattr(error, "cooldown_time", None):
        seconds = math.ceil(cooldown)
        message = f"no deployment of the backbone is well: try again in {seconds} s"
        return BackboneUnavailable(message, retry_after=str(seconds))
    if not isinstance(status, int):
        return BackboneError(f"the backbone failed: {type(error).__name__}")
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    retry_after = headers.get("retry-after")
    message = answered(status, str(getattr(error, "message", error)))
    if 400 <= status < 500:
        return BackboneRejected(message, status=status, retry_after=retry_after)
    if status == 500:  # LiteLLM's word, too, for a connection that it could not make
        message = f"{message}, or cannot be reached"
    return BackboneUnavailable(message, status=status, retry_after=retry_after)


async def _close(answer: Any) -> None:
    """LiteLLM's wrapper has no aclose of its own; the stream inside it holds the connection."""
    stream = getattr(answer, "completion_stream", None)
    close = getattr(stream, "aclose", None) or getattr(stream, "close", None)
    if close is not None:
        closing = close()
        if closing is not None:
            await closing
