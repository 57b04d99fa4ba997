"""Round two of a debate: each voice reads what the others said and says where it stands now.

MACD (arXiv 2601.12091) and Ki et al. (arXiv 2505.24671): two rounds, then stop; common ground is sought,
differences are reserved, nobody is voted down. Interaction erodes the diversity of values (arXiv 2606.05985),
so a voice is told to keep what it still holds, and its first view is never thrown away.

All voices read the same material in the same words, before their own persona: one prefix for all of them.
"""

from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from agents.conversation import append_instruction, recall
from agents.events import Perspective
from agents.listen import listen, voice_parameters
from agents.material import marked_all
from agents.model import ModelRequest
from agents.plan import Voice
from agents.sections import label_words
from agents.state import DebateState, Run


async def debate(state: DebateState, runtime: Runtime[Run]) -> dict[str, Any]:
    """Node: one voice's second round. A voice that fails in it keeps its first view."""
    run, voice = runtime.context, state["voice"]
    request = debate_request(run, voice, state["heard"])
    return {"debated": [await listen(run, voice, request, turn=2, leads=state["leads"])]}


def debate_request(run: Run, voice: Voice, heard: Sequence[Perspective]) -> ModelRequest:
    """The shared conversation, then what everybody said in round one, then this voice's persona.

    The nonce is another one than the synthesis has: these voices are told it.
    """
    nonce = run.debate_nonce
    said = marked_all(run, heard, nonce)
    material = run.prompts.render("debate_material", "en", nonce=nonce, perspectives=said)
    persona = run.prompts.render(
        "debate",
        voice.language,
        culture=run.cultures.get(voice.culture).name(voice.language),
        **label_words(run.prompts, "debate", voice.language),
    )
    again = recall(run.shared) if voice.language == run.asked_in else ""
    return ModelRequest(
        append_instruction(run.shared, f"{material}\n\n---\n{persona}{again}"),
        "debate",
        run.question.backbone,
        voice_parameters(run, voice, turn=2),
        voice.culture,
        run.conversation,
        run.cultures.get(voice.culture).adapter,
    )
