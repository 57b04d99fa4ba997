"""Mode `direct`: the conversation goes to the backbone as it came."""

from typing import Any

from langgraph.runtime import Runtime

from agents.state import Run, State
from agents.write import write


async def direct(state: State, runtime: Runtime[Run]) -> dict[str, Any]:
    """Node: one call, content untouched."""
    await write(runtime.context, runtime.context.question.messages, "direct")
    return {}
