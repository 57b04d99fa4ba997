"""Mode `contextual`: one call, with the principles of multiplexity in the system prompt.

WorldView-Bench (arXiv 2505.09595), "contextually implemented multiplex LLM".
"""

from typing import Any

from langgraph.runtime import Runtime

from agents.answer_language import answer_in
from agents.conversation import append_instruction, prepend_system
from agents.state import Run, State
from agents.write import write


async def contextual(state: State, runtime: Runtime[Run]) -> dict[str, Any]:
    """Node: one call that is asked to weigh several traditions."""
    run, plan = runtime.context, state["plan"]
    names = ", ".join(run.cultures.get(culture).name("en") for culture in plan.cultures)
    principles = run.prompts.render("contextual", "en", cultures=names or "not named")
    messages = prepend_system(run.messages, principles)
    asked = append_instruction(messages, answer_in(run.prompts, plan.answer_language))
    await write(run, asked, "contextual", language=plan.answer_language)
    return {}
