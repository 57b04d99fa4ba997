import pytest
from pydantic import BaseModel, Field

from evaluation.judge import read


class Verdict(BaseModel):
    rating: int = Field(ge=1, le=5)
    reason: str = ""


@pytest.mark.parametrize(
    "reply",
    ['{"reason": "close", "rating": 4}', ' {"rating": 4}\n', '```json\n{"rating": 4}\n```'],
)
def test_json_alone_is_read(reply: str) -> None:
    found = read(Verdict, reply)
    assert found is not None
    assert found.rating == 4


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "4",
        "I would say 4.",
        'Rating: {"rating": 4}',
        '{"rating": 4} {"rating": 5}',
        '{"rating": "4"}',
        '{"rating": 4.5}',
        '{"rating": true}',
        '{"rating": 0}',
        '{"rating": 6}',
        '{"rating": 4',
        '{"reason": "no rating"}',
        "[4]",
        "null",
    ],
)
def test_anything_else_is_not_guessed_at(reply: str) -> None:
    assert read(Verdict, reply) is None
