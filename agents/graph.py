"""The graph: direct, contextual, two candidates and their merge, or a council and its synthesis.

START -+-> direct ------------------------------------------------------------------+-> END
       +-> contextual --------------------------------------------------------------+
       +-> elicit, reason -> merge ---------------------------------------------------+
       +-> perspective (one a voice) -> hear -+-> debate (one a voice) -> synthesise +
                                              +------------------------> synthesise +
"""

from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Send

from agents.contextual import contextual
from agents.debate import debate
from agents.direct import direct
from agents.expert import elicit, merge, reason
from agents.perspective import perspective
from agents.state import Run, State
from agents.synthesise import synthesise

Graph = CompiledStateGraph[State, Run, State, State]


def build_graph() -> Graph:
    """The compiled graph; one serves all runs, each with its own `Run` as context."""
    graph = StateGraph(State, context_schema=Run)
    graph.add_node("direct", direct)
    graph.add_node("contextual", contextual)
    graph.add_node("elicit", elicit)
    graph.add_node("reason", reason)
    graph.add_node("merge", merge)
    graph.add_node("perspective", perspective)
    graph.add_node("hear", hear)
    graph.add_node("debate", debate)
    graph.add_node("synthesise", synthesise)
    graph.add_conditional_edges(START, convene, ["direct", "contextual", "elicit", "reason", "perspective"])
    graph.add_edge(["elicit", "reason"], "merge")
    graph.add_edge("perspective", "hear")
    graph.add_conditional_edges("hear", next_round, ["debate", "synthesise"])
    graph.add_edge("debate", "synthesise")
    for last in ("direct", "contextual", "merge", "synthesise"):
        graph.add_edge(last, END)
    return graph.compile()


def convene(state: State) -> str | list[Send]:
    """Where a run begins. A planned council has voices, so the list of sends is never empty."""
    plan = state["plan"]
    if plan.voices:
        return [
            Send(voice.role, {"voice": voice, "leads": place == 0}) for place, voice in enumerate(plan.voices)
        ]
    return plan.mode


def hear(state: State) -> dict[str, Any]:
    """Node: where all voices meet again, so that what follows happens once."""
    return {}


def next_round(state: State) -> str | list[Send]:
    """A second round for those who spoke, if one was planned and at least two of them did."""
    heard = [one for one in state["perspectives"] if one.text]
    speaking = {one.culture for one in heard}
    if state["plan"].rounds < 2 or len(heard) < 2:
        return "synthesise"
    voices = [voice for voice in state["plan"].voices if voice.culture in speaking]
    return [
        Send("debate", {"voice": voice, "heard": heard, "leads": place == 0})
        for place, voice in enumerate(voices)
    ]
