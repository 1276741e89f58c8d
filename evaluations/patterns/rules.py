"""Whether a caller's or crew's rate is far from the group's (domain §8.19). Pure, integers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

MIN_ORDERS = 5
"""With fewer orders a rate is not marked."""
STANDARD_ERRORS = 2


@dataclass(frozen=True)
class PatternShare:
    """`counted` of `of` orders, compared with `group_counted` of `group_of` orders of the whole group."""

    counted: int
    of: int
    group_counted: int
    group_of: int

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.counted, self.of) if self.of else None

    @property
    def group_rate(self) -> Fraction | None:
        return Fraction(self.group_counted, self.group_of) if self.group_of else None

    @property
    def is_far(self) -> bool:
        """At least 5 orders, and more than 2 binomial standard errors above or below the group's rate.

        With p = K/N: |k − n·p| > 2·√(n·p·(1 − p)), squared and multiplied by N².
        """
        k, n, all_k, all_n = self.counted, self.of, self.group_counted, self.group_of
        if n < MIN_ORDERS or not all_n or all_k > all_n:
            return False
        return (k * all_n - n * all_k) ** 2 > STANDARD_ERRORS**2 * n * all_k * (all_n - all_k)


def pattern_shares(counts: Mapping[int, tuple[int, int]]) -> dict[int, PatternShare]:
    """Returns id → share, compared with the sum of all. `counts`: id → (counted, of)."""
    counted = sum(k for k, _n in counts.values())
    of = sum(n for _k, n in counts.values())
    return {who: PatternShare(k, n, counted, of) for who, (k, n) in counts.items()}
