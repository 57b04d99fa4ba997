"""The synthesis: one balanced answer out of the perspectives, streamed in the asker's language.

What the voices said is untrusted: it stands between markers that carry a nonce of this run, as data.
"""

from typing import Any

from langgraph.runtime import Runtime

from agents.answer_language import answer_in
from agents.conversation import append_instruction, recall
from agents.errors import TooFewVoices
from agents.events import Perspective
from agents.prompting import Prompts
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
        perspectives="\n\n".join(marked(run.prompts, run.nonce, _name(run, one), one.text) for one in spoken),
        silent=", ".join(silent) or "nobody",
        answer_in=answer_in(run.prompts, state["plan"].answer_language),
    )
    await write(run, append_instruction(run.messages, instruction + recall(run.messages)), "synthesise")
    return {}


def marked(prompts: Prompts, nonce: str, culture: str, text: str) -> str:
    """One perspective between its markers.

    No voice can know the nonce, which none is told, nor write a bracket (`untrusted.py`). Should the nonce
    stand in its text all the same, it is replaced: taken out, its two sides could close up to a new one.
    """
    text = text.replace(nonce, "…")
    return prompts.render("perspective_block", "en", nonce=nonce, culture=culture, text=text)


def _name(run: Run, said: Perspective) -> str:
    return run.cultures.get(said.culture).name("en")


def _silence(perspectives: list[Perspective], needed: int) -> Exception:
    problems = [one.problem for one in perspectives if one.problem and not one.text]
    if problems and len(problems) == len(perspectives) and len({type(one) for one in problems}) == 1:
        return problems[0]
    silent = {one.culture: one.reason or "it said nothing" for one in perspectives if not one.text}
    return TooFewVoices(silent, spoke=len(perspectives) - len(silent), needed=needed)
