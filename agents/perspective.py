"""One culture's agent: it reasons in its culture's language and states its view.

Multiplexity by one agent per culture (arXiv 2501.03259), each with a page about its culture where one is
written. A voice fails alone: whatever happens to it is returned as data, so that one slow, failed or empty
voice and six good ones take the same road.
"""

from typing import Any

from langgraph.runtime import Runtime

from agents.conversation import append_instruction, recall
from agents.listen import listen, voice_parameters
from agents.model import ModelRequest
from agents.plan import Voice
from agents.prompting import Prompts
from agents.sections import label_words
from agents.state import Run, VoiceState


async def perspective(state: VoiceState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Node: ask one voice; its perspective joins the state."""
    run, voice = runtime.context, state["voice"]
    return {"perspectives": [await listen(run, voice, voice_request(run, voice), leads=state["leads"])]}


def voice_request(run: Run, voice: Voice) -> ModelRequest:
    """What this voice is asked: the shared conversation, then its persona inside the last message."""
    persona = _persona(run, voice)
    # Read last in another language, the question would draw a small model out of its own.
    again = recall(run.shared) if voice.language == run.asked_in else ""
    return ModelRequest(
        append_instruction(run.shared, persona + again),
        "perspective",
        run.question.backbone,
        voice_parameters(run, voice, turn=1),
        voice.culture,
        run.conversation,
        run.cultures.get(voice.culture).adapter,
    )


def _persona(run: Run, voice: Voice) -> str:
    name = run.cultures.get(voice.culture).name(voice.language)
    if run.limits.brief_voices:
        return run.prompts.render("perspective_brief", "en", culture=name)
    labels = label_words(run.prompts, "perspective", voice.language)
    page = _page(run.prompts, voice)
    return run.prompts.render("perspective", voice.language, culture=name, page=page, **labels)


def _page(prompts: Prompts, voice: Voice) -> str:
    """The page about this voice's culture as a paragraph of its own; nothing where none is written."""
    return f"\n\n{prompts.render(f'cultures/{voice.culture}', voice.language)}" if voice.page else ""
