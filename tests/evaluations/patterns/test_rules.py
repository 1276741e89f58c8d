"""When a number counts as far from its group's."""

import pytest

from evaluations.patterns.rules import PatternShare, pattern_shares


@pytest.mark.parametrize(
    ("share", "is_far"),
    [
        (PatternShare(5, 10, 20, 100), True),  # 5 against 2 ± 2·1.265
        (PatternShare(4, 10, 20, 100), False),  # 4 against 2 ± 2.53
        (PatternShare(0, 30, 20, 100), True),  # 0 against 6 ± 2·2.19
        (PatternShare(0, 10, 20, 100), False),
        (PatternShare(4, 4, 20, 100), False),  # fewer than five orders: no statement
        (PatternShare(0, 50, 0, 200), False),  # nobody has any
        (PatternShare(50, 50, 200, 200), False),  # everybody has all of them
        (PatternShare(0, 0, 0, 0), False),
    ],
)
def test_share_is_far_outside_two_standard_errors_of_the_group(share, is_far):
    assert share.is_far is is_far


def test_shares_stand_beside_the_whole_group():
    assert pattern_shares({1: (1, 10), 2: (3, 20)}) == {
        1: PatternShare(1, 10, 4, 30),
        2: PatternShare(3, 20, 4, 30),
    }
