"""OpenAI's shapes for POST /v1/responses, as far as we read them. Unknown fields are kept, as in chat."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from service.errors import InvalidRequest, invalid
from service.wire import MOST_MESSAGES, MOST_PARTS, MOST_TOOLS, FewFields, Steering, Wire

_MOST_INCLUDED = 64


class TextPart(Wire):
    """Words: the asker's, or those of an earlier answer."""

    type: Literal["input_text", "output_text", "text"]
    text: str


class RefusalPart(Wire):
    """Words of an earlier answer that declined."""

    type: Literal["refusal"]
    refusal: str


class ImagePart(Wire):
    """An image, by its address or as a data URL."""

    type: Literal["input_image"]
    image_url: str | None = None
    detail: str | None = None

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if self.image_url is None:
            cure = "an image needs 'image_url', an address or a data URL: no files are stored here"
            raise PydanticCustomError("unsupported_option", cure)
        return self


class FilePart(Wire):
    """A file, with its content, or by an id that the backbone knows."""

    type: Literal["input_file"]
    file_data: str | None = None
    file_id: str | None = None
    filename: str | None = None

    @model_validator(mode="after")
    def _has_content(self) -> Self:
        if self.file_data is None and self.file_id is None:
            cure = "a file needs 'file_data', its content as a data URL: no address is fetched here"
            raise PydanticCustomError("unsupported_option", cure)
        return self


def _kind_of_part(part: Any) -> str | None:
    return part.get("type") if isinstance(part, dict) else getattr(part, "type", None)


def _kind_of_item(item: Any) -> str | None:
    """A message may leave its type out."""
    return item.get("type") or "message" if isinstance(item, dict) else getattr(item, "type", None)


Part = Annotated[
    Annotated[TextPart, Tag("input_text")]
    | Annotated[TextPart, Tag("output_text")]
    | Annotated[TextPart, Tag("text")]
    | Annotated[RefusalPart, Tag("refusal")]
    | Annotated[ImagePart, Tag("input_image")]
    | Annotated[FilePart, Tag("input_file")],
    Discriminator(_kind_of_part),
]


def _as_parts(value: Any) -> Any:
    if isinstance(value, str):
        return [{"type": "input_text", "text": value}]
    if isinstance(value, list):
        return value
    raise PydanticCustomError("content_type", "Input should be a string or a list of parts")


Parts = Annotated[list[Part], Field(fail_fast=True, max_length=MOST_PARTS)]
Content = Annotated[Parts, BeforeValidator(_as_parts, json_schema_input_type=str | Parts)]


class InputMessage(Wire):
    """One message of the conversation."""

    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: Content


class FunctionCall(Wire):
    """The model asked for a function."""

    type: Literal["function_call"]
    call_id: str
    name: str
    arguments: str


class FunctionCallOutput(Wire):
    """What the function gave back."""

    type: Literal["function_call_output"]
    call_id: str
    output: Content


class Reasoning(Wire):
    """What was thought before an earlier answer: the model does not read it again."""

    type: Literal["reasoning"]


Item = Annotated[
    Annotated[InputMessage, Tag("message")]
    | Annotated[FunctionCall, Tag("function_call")]
    | Annotated[FunctionCallOutput, Tag("function_call_output")]
    | Annotated[Reasoning, Tag("reasoning")],
    Discriminator(_kind_of_item),
]


def _as_items(value: Any) -> Any:
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    if isinstance(value, list):
        return value
    raise PydanticCustomError("input_type", "Input should be a string or a list of items")


Items = Annotated[list[Item], Field(fail_fast=True, min_length=1, max_length=MOST_MESSAGES)]


class TextConfig(Wire):
    """How the answer's text is to be."""

    format: dict[str, Any] | None = None
    verbosity: str | None = None


class AddressedRequest(Wire):
    """As much of a request as says where it goes; what goes through untouched is read no further."""

    model: str = Field(min_length=1, max_length=256)
    stream: bool | None = None
    polylect: Annotated[Steering, FewFields] | None = None


class ResponsesRequest(AddressedRequest):
    """POST /v1/responses."""

    input: Annotated[Items, BeforeValidator(_as_items, json_schema_input_type=str | Items)]
    instructions: str | None = None
    max_output_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    tools: Annotated[list[dict[str, Any]], Field(fail_fast=True, max_length=MOST_TOOLS)] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    text: TextConfig | None = None
    reasoning: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    user: str | None = None
    include: Annotated[list[str], Field(fail_fast=True, max_length=_MOST_INCLUDED)] | None = None
    top_logprobs: int | None = Field(None, ge=0, le=20)
    truncation: Literal["auto", "disabled"] | None = None
    service_tier: str | None = None
    store: bool | None = None
    background: bool | None = None
    previous_response_id: str | None = None
    conversation: Any = None
    prompt: Any = None
    moderation: Any = None


ADDRESSED_REQUEST = TypeAdapter(AddressedRequest)
RESPONSES_REQUEST = TypeAdapter(ResponsesRequest)

_INDEX = re.compile(
    r"\.(\d+)(?:\.(?:message|function_call|function_call_output|reasoning"
    r"|input_text|output_text|text|refusal|input_image|input_file)(?=\.|$))?"
)
"""A position in pydantic's path, and the kind it found there, which the asker did not write."""


def read_addressed_request(body: bytes) -> AddressedRequest:
    """Where the body goes.

    Raises:
        InvalidRequest: it is not JSON, or what says so is missing or of the wrong type.
    """
    try:
        return ADDRESSED_REQUEST.validate_json(body)
    except ValidationError as error:
        raise invalid(error) from error


def read_responses_request(body: bytes) -> ResponsesRequest:
    """The body as a request that is steered or translated.

    Raises:
        InvalidRequest: a field is missing or of the wrong type; `param` is as the asker wrote it.
    """
    try:
        return RESPONSES_REQUEST.validate_json(body)
    except ValidationError as error:
        raise _invalid(error) from error


def _invalid(error: ValidationError) -> InvalidRequest:
    found = invalid(error)
    if found.param is None:
        return found
    param = _INDEX.sub(r"[\1]", found.param)
    problem = error.errors(include_url=False)[0]
    if problem["type"] == "union_tag_invalid":
        context = problem["ctx"]
        cure = f"Send one of {context['expected_tags']}."
        message = f"{param}.type: {context['tag']!r} is not supported here. {cure}"
        return InvalidRequest(message, param=f"{param}.type", code="unsupported_option")
    if problem["type"] == "union_tag_not_found":
        message = f"{param}: Input should be an object with a 'type' (got {problem['input']!r:.60})."
        return InvalidRequest(message, param=param, code="invalid_value")
    return InvalidRequest(param + found.message.removeprefix(found.param), param=param, code=found.code)
