"""The admin pages of the evaluation, station by station; everything that happened is read only."""

from . import callbacks, scores, self_evaluation

__all__ = ["callbacks", "scores", "self_evaluation"]
