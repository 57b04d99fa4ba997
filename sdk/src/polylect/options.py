"""What may be asked of `steer` and `council`, and the chat request that it makes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict

import openai
from openai.types.chat import (
    ChatCompletionMessageParam,
    ChatCompletionStreamOptionsParam,
    ChatCompletionToolChoiceOptionParam,
    ChatCompletionToolParam,
)
from openai.types.chat.completion_create_params import ResponseFormat

Mode = Literal["auto", "direct", "contextual", "multiplex", "debate", "expert"]
"""How a question is answered: the README of Polylect has a line for each."""

Question = str | Iterable[ChatCompletionMessageParam]
"""A text, or a conversation as OpenAI's chat has it."""

_STEERING = ("cultures", "audience", "reasoning_language", "max_agents", "rounds", "guard", "trace")
_OURS = {"model", "messages", "stream"}


class Options(TypedDict, total=False):
    """What `steer` and `council` take beside the question: Polylect's options, then OpenAI's parameters.

    None is the same as leaving an option of Polylect's away. OpenAI's are the last call's; what is not here
    goes into `extra_body`.

    >>> from polylect import Options, Polylect
    >>> options: Options = {"cultures": ["JP", "KE"], "max_tokens": 200}
    >>> Polylect().council("How should a child address an elder?", **options).calls
    3
    """

    backbone: str | None
    """A backbone of the service by name; its first one otherwise."""
    cultures: Sequence[str] | str | None
    """Whose voices: ids (`JP`), names in any language, or language tags."""
    audience: str | None
    """The asker's own culture: an id, a name, or a language tag."""
    reasoning_language: str | None
    """One language for all voices, BCP 47; each culture's own otherwise."""
    max_agents: int | None
    """Voices at most."""
    rounds: int | None
    """How often the voices of a debate speak: 1 or 2."""
    guard: Literal["on", "strict"] | None
    """`strict`: a stream is held back until all of it is checked."""
    trace: bool
    """False: no words of the voices, neither as events nor in `perspectives`."""

    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    max_completion_tokens: int | None
    n: int | None
    seed: int | None
    stop: str | list[str] | None
    presence_penalty: float | None
    frequency_penalty: float | None
    logit_bias: dict[str, int] | None
    logprobs: bool | None
    top_logprobs: int | None
    tools: Iterable[ChatCompletionToolParam]
    tool_choice: ChatCompletionToolChoiceOptionParam
    parallel_tool_calls: bool
    response_format: ResponseFormat
    reasoning_effort: str | None
    stream_options: ChatCompletionStreamOptionsParam | None
    user: str
    metadata: dict[str, str] | None
    extra_headers: Mapping[str, str]
    extra_query: Mapping[str, object]
    extra_body: Mapping[str, object]
    timeout: float | openai.Timeout | None


def chat_request(question: Question, mode: str, stream: bool, options: Options) -> dict[str, Any]:
    """The arguments of `chat.completions.create` that ask this question.

    Raises:
        TypeError: the question is neither text nor messages, or an option is ours to set.
    """
    request: dict[str, Any] = {**options}
    if clashing := _OURS & request.keys():
        names = " and ".join(sorted(clashing))
        raise TypeError(f"{names}: name a mode and a backbone, and put the conversation into the question")
    asked = {name: request.pop(name) for name in _STEERING if name in request}
    steering = {"trace": True, **{name: one for name, one in asked.items() if one is not None}}
    if isinstance(named := steering.get("cultures"), Iterable) and not isinstance(named, str):
        steering["cultures"] = list(named)
    backbone = request.pop("backbone", None)
    extra = dict(request.pop("extra_body", None) or {})
    extra["polylect"] = {**steering, **extra.get("polylect", {})}
    if stream:
        request.setdefault("stream_options", {"include_usage": True})
    model = f"polylect/{mode}@{backbone}" if backbone else f"polylect/{mode}"
    return {**request, "model": model, "messages": messages(question), "stream": stream, "extra_body": extra}


def detect_request(text: Question, audience: str | None) -> dict[str, Any]:
    """The body of a request to find out a text's context."""
    asked: dict[str, Any] = {"text": text} if isinstance(text, str) else {"messages": messages(text)}
    return asked | ({"audience": audience} if audience else {})


def messages(question: Question) -> list[ChatCompletionMessageParam]:
    """The question as a conversation.

    Raises:
        TypeError: it is neither text nor messages.
    """
    if isinstance(question, str):
        return [{"role": "user", "content": question}]
    if not isinstance(question, Iterable) or isinstance(question, Mapping | bytes):
        kind = type(question).__name__
        raise TypeError(f"The question is a text, or a list of OpenAI's messages, not {kind}.")
    return list(question)
