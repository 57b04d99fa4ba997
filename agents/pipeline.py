"""The pipeline: question -> plan -> events.

The graph's run is owned by one task. Whoever reads the events owns that task through the generator: closing
the generator cancels the run and with it every call of a backbone (an AnyIO cancel scope would not).
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path

from langsmith import tracing_context

from agents.conversation import merge_system, opening, system_text, user_texts, without_tools
from agents.cultures.cultures import Cultures
from agents.detect.audience import Asker
from agents.detect.context import Context, ContextDetector, load_detector
from agents.detect.mentions import Mentions
from agents.detect.specifics import Specifics
from agents.errors import BackboneTimeout
from agents.events import Event, Finished, GuardReport
from agents.graph import build_graph
from agents.guard.guard import Guard
from agents.guard.rules import Rules
from agents.head_start import HeadStart
from agents.knowledge.embed import Embedder
from agents.knowledge.knowledge_map import KnowledgeMap
from agents.knowledge.prior import Prior
from agents.knowledge.routes import Routes
from agents.language_requests import LanguageRequests
from agents.meter import Meter
from agents.model import Model
from agents.pds import Score, Scorer, companions
from agents.plan import Plan, Planner
from agents.prompting import Prompts
from agents.question import Limits, Question
from agents.shorten import room_for, shorten
from agents.state import Run, State


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the pipeline knows before anybody asks: facts, words, and how to recognise a culture."""

    cultures: Cultures
    prompts: Prompts
    mentions: Mentions
    detector: ContextDetector
    scorer: Scorer
    guard: Guard


def load_knowledge(language_model: Path | None = None) -> Knowledge:
    """Read the facts and words that the package ships; `language_model` is another fastText model file."""
    cultures = Cultures.load()
    mentions = Mentions(cultures.area_names())
    detector = load_detector(language_model, mentions=mentions)
    scorer = Scorer(cultures, mentions, Specifics())
    guard = Guard(Rules(mentions), detector.languages)
    return Knowledge(cultures, Prompts.load(), mentions, detector, scorer, guard)


class Pipeline:
    """Answers questions through the one model it is handed. Serves any number of runs at once.

    `maps`: what was measured of each backbone, by its name, "" for the default one; `embedder`: theirs, where
    it is not the one that detection uses.
    """

    def __init__(
        self,
        model: Model,
        knowledge: Knowledge,
        limits: Limits | None = None,
        *,
        maps: Mapping[str, KnowledgeMap] | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self.knowledge = knowledge
        self.limits = limits or Limits()
        self._model = model
        self._graph = build_graph()
        routes = Routes(Prior.load(), maps or {}, embedder or knowledge.detector.embedder)
        spoken = knowledge.prompts.languages("answer_in")
        requests = LanguageRequests(knowledge.detector.languages, spoken)
        self._planner = Planner(
            knowledge.cultures, knowledge.mentions, knowledge.prompts, self.limits, routes, requests
        )

    def plan(self, question: Question) -> Plan:
        """Detect the context and decide who speaks, in which language: no call of a model.

        Raises:
            BadQuestion: what is asked for cannot be done; the message says what can.
        """
        plan = self._planner.plan(question, self.detect(question))
        if self.limits.guard and plan.mode != "direct":
            # English: most voices end with a gloss in it.
            spoken = ("en", plan.answer_language or "", *(voice.language for voice in plan.voices))
            self.knowledge.guard.prepare(spoken)
        return plan

    def detect(self, question: Question) -> Context:
        """The cultural context of the last turn, and what all of the conversation tells of its asker.

        Raises:
            UnknownCulture: the stated audience has no such id, name or language.
        """
        *earlier, last = user_texts(question.messages) or ("",)
        stated = self._planner.resolve_audience(question.audience)
        asker = Asker(stated, system_text(question.messages), question.locales)
        decided = bool(question.cultures) or question.mode == "direct" or question.chore
        return self.knowledge.detector.detect(last, earlier=earlier, asker=asker, quick=decided)

    async def stream(
        self, question: Question, plan: Plan | None = None, *, model: Model | None = None
    ) -> AsyncGenerator[Event, None]:
        """The run's events as they happen; `Finished` is the last one.

        `model` answers this run in place of the pipeline's own: the same one, watched on behalf of one asker.

        Raises:
            BadQuestion: see `plan`.
            BackboneError: the backbone failed where no answer is possible without it.
            TooFewVoices: a council without a single perspective, or with fewer than the limits ask for.
        """
        plan = plan or self.plan(question)
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        run = self._run(question, plan, events, model or self._model)
        task = asyncio.create_task(self._invoke(plan, run))
        task.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            yield self._finished(plan, run, task.result())
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _run(
        self, question: Question, plan: Plan, events: "asyncio.Queue[Event | None]", model: Model
    ) -> Run:
        messages, left_out = merge_system(question.messages), None
        if plan.mode != "direct":
            room = room_for(plan, question, self.knowledge.prompts, self.limits)
            messages, left_out = (messages, None) if room is None else shorten(messages, room)
        return Run(
            question=question,
            messages=messages,
            shared=without_tools(messages),
            asked_in=plan.context.language.tag if plan.context.language else None,
            model=Meter(model),
            prompts=self.knowledge.prompts,
            cultures=self.knowledge.cultures,
            limits=self.limits,
            emit=events.put_nowait,
            nonce=secrets.token_hex(8),
            debate_nonce=secrets.token_hex(8),
            head_starts={turn: HeadStart(self.limits.head_start) for turn in range(1, plan.rounds + 1)},
            conversation=opening(messages),
            shortened=left_out,
            guard=self.knowledge.guard if self.limits.guard and plan.mode != "direct" else None,
        )

    async def _invoke(self, plan: Plan, run: Run) -> State:
        limit = self.limits.request_seconds
        try:
            # LangGraph would send all that is said to LangSmith as soon as the environment has its variables.
            with tracing_context(enabled=False):
                async with asyncio.timeout(limit):
                    state = await self._graph.ainvoke(
                        {"plan": plan, "perspectives": [], "debated": []}, context=run
                    )
        except TimeoutError as error:
            raise BackboneTimeout(f"no complete answer within {limit:g} s") from error
        except ExceptionGroup as group:
            raise group.exceptions[0] from group
        return state  # type: ignore[return-value]  # LangGraph's own type of a state is a plain dict

    def _finished(self, plan: Plan, run: Run, state: State) -> Finished:
        meter = run.model
        answer = "".join(run.answer)
        score = self.score(answer) if plan.mode != "direct" else None
        return Finished(
            perspectives=tuple(state["perspectives"]),
            debated=tuple(state["debated"]),
            shortened=run.shortened,
            guard=_reported(run) if run.guard else None,
            usage=meter.usage,
            stages=dict(meter.stages),
            calls=meter.calls,
            overhead_ms=meter.overhead_ms,
            pds=score.distribution if score else None,
            companions=companions(score, answer) if score else None,
        )

    def score(self, text: str) -> Score:
        """The Perspectives Distribution Score of a text, by the cultures and what else of them it names."""
        return self.knowledge.scorer.score(text)


def _reported(run: Run) -> GuardReport:
    done = run.guarded
    return GuardReport(
        findings=tuple((culture, found.by, found.what) for culture, found in done.findings),
        unchecked=tuple(sorted(done.unchecked)),
        unjudged=tuple(done.unjudged),
        revised=done.revised,
        withheld=done.withheld,
        retried=done.retried,
        answered_in=done.answered_in,
    )
