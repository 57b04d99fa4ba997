"""Mode `expert`: two candidates think at once, a merge writes the answer out of both.

EMCEE (arXiv 2503.05846): candidate A elicits what the model knows of the culture and reasons from it, in the
language in which it knows the subject best (`agents/knowledge`); candidate B is an English chain of thought.
Merging them beat routing to either. When one fails, the other stands alone.
"""

from typing import Any

from langgraph.runtime import Runtime

from agents.answer_language import answer_in
from agents.conversation import append_instruction, recall
from agents.cultures.cultures import language_name
from agents.errors import TooFewVoices
from agents.events import Perspective
from agents.listen import listen, voice_parameters
from agents.model import ModelRequest
from agents.plan import Voice
from agents.state import Run, State, VoiceState
from agents.write import write


async def elicit(state: VoiceState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Node: candidate A, in the expert language. Whatever happens to it is returned as data."""
    return await _think(runtime.context, state)


async def reason(state: VoiceState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Node: candidate B, in English."""
    return await _think(runtime.context, state)


async def merge(state: State, runtime: Runtime[Run]) -> dict[str, Any]:
    """Node: write the answer out of what the candidates thought.

    Raises:
        BackboneError: both candidates failed in the same way, or the merge itself did.
        TooFewVoices: both were silent, for reasons of their own.
    """
    run = runtime.context
    thought = sorted((one for one in state["perspectives"] if one.text), key=lambda one: one.role)
    if not thought:
        raise _silence(state["perspectives"])
    drafts = "\n\n".join(_marked(run, one) for one in thought)
    instruction = run.prompts.render(
        "merge",
        "en",
        nonce=run.nonce,
        drafts=drafts,
        answer_in=answer_in(run.prompts, state["plan"].answer_language),
    )
    asked = append_instruction(run.messages, instruction + recall(run.messages))
    await write(run, asked, "merge", language=state["plan"].answer_language)
    return {}


def thinking_request(run: Run, voice: Voice) -> ModelRequest:
    """What a candidate is asked: the shared conversation, then how to think about it."""
    words = run.prompts.render(voice.role, voice.language)
    again = recall(run.shared) if voice.language == run.asked_in else ""
    return ModelRequest(
        append_instruction(run.shared, words + again),
        voice.role,
        run.question.backbone,
        voice_parameters(run, voice, turn=1),
        voice.culture or None,
        run.conversation,
        run.cultures.get(voice.culture).adapter if voice.culture else None,
    )


async def _think(run: Run, state: VoiceState) -> dict[str, Any]:
    voice = state["voice"]
    return {"perspectives": [await listen(run, voice, thinking_request(run, voice), leads=state["leads"])]}


def _marked(run: Run, thought: Perspective) -> str:
    """One candidate between its markers, which it cannot have forged (`material.py`)."""
    text = thought.text.replace(run.nonce, "…")
    language = language_name(thought.language, "en")
    return run.prompts.render("draft", "en", nonce=run.nonce, language=language, text=text)


def _silence(candidates: list[Perspective]) -> Exception:
    problems = [one.problem for one in candidates if one.problem]
    if len(problems) == len(candidates) and len({type(one) for one in problems}) == 1:
        return problems[0]
    silent: dict[str, str] = {one.role: one.reason or "it said nothing" for one in candidates}
    return TooFewVoices(silent, needed=1)
