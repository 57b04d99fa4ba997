"""A guard model, asked with the interface and taxonomy of Llama-3.1-Nemotron-Safety-Guard (arXiv 2508.01710).

Any model that answers in its form will do. What it finds in the asker's own words is not our business: only
its rating of the response counts.
"""

import asyncio
import re
from contextlib import aclosing

from agents.conversation import user_texts
from agents.errors import BackboneError
from agents.guard.guard import Finding
from agents.model import ModelRequest
from agents.state import Run
from agents.untrusted import harmless

_RATING = re.compile(r'"Response Safety"\s*:\s*"?(safe|unsafe)\b', re.IGNORECASE)
_CATEGORIES = re.compile(r'"Safety Categories"\s*:\s*"([^"]{1,300})"', re.IGNORECASE)
ASKED, ANSWERED = 2_000, 4_000  # characters that it is shown, the last ones


class JudgeFailed(Exception):
    """The guard model did not answer, or not in its form: nothing is known."""


async def judge(run: Run, text: str) -> Finding | None:
    """What the guard model finds in a text that answers the asker's last words; None: it is safe.

    Raises:
        JudgeFailed: it did not say.
    """
    question = (user_texts(run.question.messages) or ("",))[-1]
    asked = run.prompts.render(
        "guard", "en", question=harmless(question[-ASKED:]), answer=harmless(text[-ANSWERED:])
    )
    request = ModelRequest(
        ({"role": "user", "content": asked},),
        "guard",
        run.limits.guard_model,
        {"temperature": 0, "max_tokens": 100},
    )
    said = ""
    try:
        limit = asyncio.timeout(run.limits.voice_seconds)
        async with limit, aclosing(run.model.stream(request)) as chunks:
            async for chunk in chunks:
                said += chunk.text
    except TimeoutError as error:
        raise JudgeFailed("it did not answer in time") from error
    except BackboneError as error:
        raise JudgeFailed(error.code) from error
    rating = _RATING.search(said)
    if rating is None:
        raise JudgeFailed("what it said has no rating of the response")
    if rating[1].lower() == "safe":
        return None
    categories = _CATEGORIES.search(said)
    return Finding("model", categories[1].strip() if categories else "unsafe")
