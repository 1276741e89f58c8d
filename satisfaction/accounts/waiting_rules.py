"""How long a sign-in must wait after wrong passwords. The wait grows up to a maximum."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

NO_WAIT = timedelta(0)


@dataclass(frozen=True)
class WaitRule:
    """No wait below `free` failures; then `first`, doubled after each further `step`, up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta
    step: int = 1

    def wait(self, failures: int) -> timedelta:
        """Returns the wait after the last of `failures` wrong passwords."""
        if failures < self.free:
            return NO_WAIT
        doublings = min((failures - self.free) // self.step, 20)
        return min(self.first * 2**doublings, self.longest)


# One name from one address, or from a browser in which the person has signed in before.
ONE_NAME = WaitRule(free=5, first=timedelta(seconds=10), longest=timedelta(minutes=15))
# All names from one address: one password tried on many accounts.
ONE_ADDRESS = WaitRule(free=50, first=timedelta(seconds=10), longest=timedelta(minutes=15), step=5)
# One name from many addresses. The wait is short, because the person may use a new device.
MANY_ADDRESSES = WaitRule(free=50, first=timedelta(seconds=10), longest=timedelta(minutes=1), step=5)
RETENTION = timedelta(days=1)
COUNTING_WINDOW = timedelta(hours=1)  # for failures of one address, and of one name from many addresses


def is_recorded(failures: int) -> bool:
    """Whether the audit records this number of failures: 1, 5, 10, 20, 50, 100, …"""
    return str(failures).rstrip("0") in ("1", "2", "5") and failures != 2
