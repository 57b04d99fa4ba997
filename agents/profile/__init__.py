"""Measuring in which language a model knows what: `polylect profile`.

A second front door, for one command: nothing of it is needed to answer a question, and some of it needs the
extra `profile`.
"""

from agents.profile.clusters import TooLittle, check_clusters
from agents.profile.draw_map import Ways, draw_map
from agents.profile.extra import NotInstalled
from agents.profile.profiler import (
    Cost,
    NoPrompt,
    ProfileStopped,
    Progress,
    check_languages,
    cost,
    left_to_do,
    made_here,
    record,
)
from agents.profile.questions import BadQuestions, Calibration, digest, read_questions
from agents.profile.trial import WORDS, Trial, Trials
from agents.profile.trial_log import BadLog, TrialLog

__all__ = [
    "WORDS",
    "BadLog",
    "BadQuestions",
    "Calibration",
    "Cost",
    "NoPrompt",
    "NotInstalled",
    "ProfileStopped",
    "Progress",
    "TooLittle",
    "Trial",
    "TrialLog",
    "Trials",
    "Ways",
    "check_clusters",
    "check_languages",
    "cost",
    "digest",
    "draw_map",
    "left_to_do",
    "made_here",
    "read_questions",
    "record",
]
