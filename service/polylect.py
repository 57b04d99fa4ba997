"""/v1/polylect/…: what is recognised in a text, how its perspectives are spread, and whom we know."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agents import Knowledge, Pipeline
from service.errors import invalid
from service.reading import read_body

router = APIRouter(prefix="/v1/polylect", tags=["polylect"])


class Text(BaseModel):
    """A text to look into."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(max_length=100_000, description="in any language")


_TEXT = TypeAdapter(Text)


@router.post("/detect", summary="The cultural context of a text")
async def detect(request: Request) -> dict[str, Any]:
    """The context, as an answer's `polylect.context` shows it. No model is asked."""
    text = await _read_text(request)
    knowledge: Knowledge = request.app.state.pipeline.knowledge
    return knowledge.detector.detect(text).as_dict()


@router.post("/score", summary="A text's perspectives")
async def score(request: Request) -> dict[str, Any]:
    """The Perspectives Distribution Score with every reference that it rests on. No model is asked."""
    pipeline: Pipeline = request.app.state.pipeline
    # 100,000 characters take 0.1 s, of names alone up to two: streams must go on meanwhile.
    return (await asyncio.to_thread(pipeline.score, await _read_text(request))).as_dict()


@router.get("/cultures", summary="The cultures that were written by hand; every ISO 3166 code works too")
async def list_cultures(request: Request) -> dict[str, Any]:
    """Each with its names in the languages that it speaks and in English."""
    knowledge: Knowledge = request.app.state.pipeline.knowledge
    described = [
        {
            "id": culture.id,
            "object": "culture",
            "names": {tag: culture.name(tag) for tag in dict.fromkeys(("en", *culture.languages))},
            "sector": culture.sector,
            "languages": list(culture.languages),
        }
        for culture in knowledge.cultures
    ]
    return {"object": "list", "data": described}


async def _read_text(request: Request) -> str:
    try:
        return _TEXT.validate_json(await read_body(request)).text
    except ValidationError as error:
        raise invalid(error) from error
