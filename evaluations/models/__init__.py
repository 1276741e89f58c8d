from .callbacks import Callback, CallbackAttempt, CallReassignment
from .desk import CallDraft, CallSave, CallSkip
from .draw import DaySeed, DrawRun
from .exclusions import DoNotCall, TakenOut
from .feedback import Acknowledgement, Objection
from .policy import EvaluationPolicy
from .scores import Award, DailyScore, SettledShare, Settlement
from .scripts import CallScript, ProblemType
from .self_evaluations import RatingCorrection, SelfEvaluation

__all__ = [
    "Acknowledgement",
    "Award",
    "CallDraft",
    "CallReassignment",
    "CallSave",
    "CallScript",
    "CallSkip",
    "Callback",
    "CallbackAttempt",
    "DailyScore",
    "DaySeed",
    "DoNotCall",
    "DrawRun",
    "EvaluationPolicy",
    "Objection",
    "ProblemType",
    "RatingCorrection",
    "SelfEvaluation",
    "SettledShare",
    "Settlement",
    "TakenOut",
]
