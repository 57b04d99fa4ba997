"""The synthesis: one balanced answer out of the perspectives, streamed in the asker's language.

What the voices said is untrusted: it stands between markers that carry a nonce of this run (`material.py`).
"""

from typing import Any

from langgraph.runtime import Runtime

from agents.answer_language import answer_in
from agents.conversation import append_instruction, recall
from agents.errors import TooFewVoices
from agents.events import Perspective
from agents.material import marked_all
from agents.state import Run, State
from agents.write import write


async def synthesise(state: State, runtime: Runtime[Run]) -> dict[str, Any]:
    """Node: write the answer out of what was said.

    Raises:
        BackboneError: every voice failed in the same way, or the synthesis itself did.
        TooFewVoices: every voice was silent, for reasons of their own; or fewer spoke than are needed.
    """
    run = runtime.context
    spoken = [one for one in state["perspectives"] if one.text]
    needed = min(run.limits.min_voices, len(state["perspectives"]))
    if len(spoken) < max(needed, 1):
        raise _silence(state["perspectives"], needed)
    silent = [_name(run, one) for one in state["perspectives"] if not one.text]
    instruction = run.prompts.render(
        "synthesise",
        "en",
        nonce=run.nonce,
        perspectives=marked_all(run, spoken, run.nonce, state["debated"]),
        silent=", ".join(silent) or "nobody",
        answer_in=answer_in(run.prompts, state["plan"].answer_language),
    )
    await write(
        run,
        append_instruction(run.messages, instruction + recall(run.messages)),
        "synthesise",
        language=state["plan"].answer_language,
    )
    return {}


def _name(run: Run, said: Perspective) -> str:
    return run.cultures.get(said.culture).name("en")


def _silence(perspectives: list[Perspective], needed: int) -> Exception:
    problems = [one.problem for one in perspectives if one.problem and not one.text]
    if problems and len(problems) == len(perspectives) and len({type(one) for one in problems}) == 1:
        return problems[0]
    silent = {one.culture: one.reason or "it said nothing" for one in perspectives if not one.text}
    return TooFewVoices(silent, spoke=len(perspectives) - len(silent), needed=needed)
