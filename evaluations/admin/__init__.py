"""The admin pages of the evaluation, station by station; everything that happened is read only."""

from . import self_evaluation

__all__ = ["self_evaluation"]
