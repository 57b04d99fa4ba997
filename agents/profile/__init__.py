"""Measuring in which language a model knows what: `polylect profile`.

A second front door, for one command: nothing of it is needed to answer a question, and some of it needs the
extra `profile`.
"""

from agents.profile.draw_map import TooLittle, Ways, draw_map
from agents.profile.extra import NotInstalled
from agents.profile.profiler import (
    Cost,
    NoPrompt,
    ProfileStopped,
    Progress,
    check_languages,
    cost,
    left_to_do,
    profile,
)
from agents.profile.questions import BadQuestions, Calibration, digest, read_questions
from agents.profile.trial import Trial, Trials
from agents.profile.trial_log import BadLog, TrialLog

__all__ = [
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
    "check_languages",
    "cost",
    "digest",
    "draw_map",
    "left_to_do",
    "profile",
    "read_questions",
]
