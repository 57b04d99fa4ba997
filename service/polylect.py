"""/v1/polylect/…: what is recognised in a text, how its perspectives are spread, and whom we know."""

import asyncio
from typing import Annotated, Any, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from agents import Knowledge, Pipeline, Question, UnknownCulture
from service.accept_language import locales
from service.culture_table import described
from service.errors import invalid
from service.reading import read_body
from service.wire import FewFields, SteeredMessage

router = APIRouter(prefix="/v1/polylect", tags=["polylect"])


class Asked(BaseModel):
    """What to find the cultural context of: a text, or a conversation; and who asks."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"oneOf": [{"required": ["text"]}, {"required": ["messages"]}]},
    )

    text: str = Field("", max_length=100_000, description="in any language")
    messages: tuple[SteeredMessage, ...] = Field(
        (), fail_fast=True, min_length=1, max_length=1_000, description="as in chat, in place of `text`"
    )
    audience: str | None = Field(None, max_length=64, description="the asker's own culture or locale")

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if len({"text", "messages"} & self.model_fields_set) != 1:
            raise PydanticCustomError("one_of", "Send 'text' or 'messages', one of them")
        return self


class Text(BaseModel):
    """A text to look into."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(max_length=100_000, description="in any language")


_TEXT: TypeAdapter[Text] = TypeAdapter(Annotated[Text, FewFields])
_ASKED: TypeAdapter[Asked] = TypeAdapter(Annotated[Asked, FewFields])


@router.post("/detect", summary="The cultural context of a text")
async def detect(request: Request) -> dict[str, Any]:
    """The context, as an answer's `polylect.context` shows it. No model is asked.

    `Accept-Language` is evidence of the asker's own culture, as in chat.
    """
    pipeline: Pipeline = request.app.state.pipeline
    try:
        asked = _ASKED.validate_json(await read_body(request))
        question = _question(asked, request.headers.get("accept-language"))
        return (await asyncio.to_thread(pipeline.detect, question)).as_dict()
    except ValidationError as error:
        raise invalid(error) from error
    except UnknownCulture as error:
        error.param = "audience"
        raise


@router.post("/score", summary="A text's perspectives")
async def score(request: Request) -> dict[str, Any]:
    """The Perspectives Distribution Score with every reference that it rests on. No model is asked."""
    pipeline: Pipeline = request.app.state.pipeline
    # 100,000 characters take 0.1 s, of names alone up to two: streams must go on meanwhile.
    return (await asyncio.to_thread(pipeline.score, await _read_text(request))).as_dict()


@router.get("/cultures", summary="The curated cultures; every ISO 3166 code works too")
async def list_cultures(request: Request) -> dict[str, Any]:
    """Each with its names, its languages and who speaks them, its neighbours, and the pages about it."""
    # The first time CLDR's names are read, for seconds on a slow machine: streams must go on meanwhile.
    return await asyncio.to_thread(_listed, request.app.state.pipeline.knowledge)


def _listed(knowledge: Knowledge) -> dict[str, Any]:
    data = [
        {"object": "culture", **described(one, knowledge.prompts.page_languages(one.id))}
        for one in knowledge.cultures
    ]
    return {"object": "list", "data": data}


def _question(asked: Asked, accept_language: str | None) -> Question:
    messages = tuple(message.model_dump(exclude_unset=True) for message in asked.messages)
    return Question(
        messages=messages or ({"role": "user", "content": asked.text},),
        audience=asked.audience or "",
        locales=locales(accept_language),
    )


async def _read_text(request: Request) -> str:
    try:
        return _TEXT.validate_json(await read_body(request)).text
    except ValidationError as error:
        raise invalid(error) from error
