"""Admin pages of the evaluation, by use case; records of what happened are read-only."""

from evaluations.callbacks import admin as callbacks
from evaluations.scores import admin as scores
from evaluations.self_evaluation import admin as self_evaluation

__all__ = ["callbacks", "scores", "self_evaluation"]
