"""The draw of the callbacks: which caller calls which reporter (domain §5).

`draw(DrawInput) -> DrawResult` is pure. docs/decisions/0004-the-draw.md explains the algorithm. Rule n is domain §5.n.
"""

from .flow import SOLVER
from .run import draw
from .seeds import seed_of_run, seed_sha256
from .shapes import (
    ALGORITHM,
    DISPATCHER,
    MANAGER,
    MANAGERS_BARRED_NEXT_DAY,
    NO_ELIGIBLE_CALLER,
    NO_MANAGER_NEXT_DAY,
    Assignment,
    DrawCount,
    DrawInput,
    DrawOrder,
    DrawResult,
)

__all__ = [
    "ALGORITHM",
    "DISPATCHER",
    "MANAGER",
    "MANAGERS_BARRED_NEXT_DAY",
    "NO_ELIGIBLE_CALLER",
    "NO_MANAGER_NEXT_DAY",
    "SOLVER",
    "Assignment",
    "DrawCount",
    "DrawInput",
    "DrawOrder",
    "DrawResult",
    "draw",
    "seed_of_run",
    "seed_sha256",
]
