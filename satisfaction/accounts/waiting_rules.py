"""How long a sign-in waits after wrong passwords: growing, and never for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

NO_WAIT = timedelta(0)


@dataclass(frozen=True)
class WaitRule:
    """`free` failures cost nothing; then the wait is `first` and doubles after each `step` more, up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta
    step: int = 1

    def wait(self, failures: int) -> timedelta:
        """How long after the last of `failures` wrong passwords the next one is looked at."""
        if failures < self.free:
            return NO_WAIT
        doublings = min((failures - self.free) // self.step, 20)
        return min(self.first * 2**doublings, self.longest)


# One name from one address (or from a browser that the person has used before).
ONE_NAME = WaitRule(free=5, first=timedelta(seconds=10), longest=timedelta(minutes=15))
# One address, whatever the names: one password tried on many accounts.
ONE_ADDRESS = WaitRule(free=50, first=timedelta(seconds=10), longest=timedelta(minutes=15), step=5)
# One name from many addresses. Short, because the person may sit at a new machine.
MANY_ADDRESSES = WaitRule(free=50, first=timedelta(seconds=10), longest=timedelta(minutes=1), step=5)
RETENTION = timedelta(days=1)
COUNTING_WINDOW = timedelta(hours=1)  # failures of one address, or of one name from many


def is_recorded(failures: int) -> bool:
    """Whether the audit gets an event for this number of failures: the first, then 5, 10, 20, 50, 100, …"""
    return str(failures).rstrip("0") in ("1", "2", "5") and failures != 2
