"""The graph: direct, contextual, or a council of voices and its synthesis.

START -+-> direct ---------------------------+-> END
       +-> contextual -----------------------+
       +-> perspective (one a voice) -> synthesise
"""

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Send

from agents.contextual import contextual
from agents.direct import direct
from agents.perspective import perspective
from agents.state import Run, State
from agents.synthesise import synthesise

Graph = CompiledStateGraph[State, Run, State, State]


def build_graph() -> Graph:
    """The compiled graph; one serves all runs, each with its own `Run` as context."""
    graph = StateGraph(State, context_schema=Run)
    graph.add_node("direct", direct)
    graph.add_node("contextual", contextual)
    graph.add_node("perspective", perspective)
    graph.add_node("synthesise", synthesise)
    graph.add_conditional_edges(START, convene, ["direct", "contextual", "perspective"])
    graph.add_edge("perspective", "synthesise")
    for last in ("direct", "contextual", "synthesise"):
        graph.add_edge(last, END)
    return graph.compile()


def convene(state: State) -> str | list[Send]:
    """Where a run begins. A planned multiplex has voices, so the list of sends is never empty."""
    plan = state["plan"]
    if plan.mode == "multiplex":
        return [Send("perspective", {"voice": voice}) for voice in plan.voices]
    return plan.mode
