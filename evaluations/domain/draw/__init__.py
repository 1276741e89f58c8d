"""The draw with its database around it: seeds made ahead, runs that store their whole input, the replay (§5)."""

from .register import RegisterRow, register
from .replay import Replay, replay_day
from .run import DayDraw, days_to_draw, draw_day
from .seeds import make_seeds, reveal_seeds, secret_of, seed_of_day

__all__ = [
    "DayDraw",
    "RegisterRow",
    "Replay",
    "days_to_draw",
    "draw_day",
    "make_seeds",
    "register",
    "replay_day",
    "reveal_seeds",
    "secret_of",
    "seed_of_day",
]
