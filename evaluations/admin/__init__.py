"""The admin pages of the evaluation, station by station; everything that happened is read only."""

from . import scores, self_evaluation

__all__ = ["scores", "self_evaluation"]
