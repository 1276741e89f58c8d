"""How well an insider can predict the draw from counts, roster and algorithm, without the seed (domain §5.5).

The insider releases orders one by one, so that each gets its own run, simulates each run beforehand with other seeds
and bets on the most frequent outcome. Data: the real March, 6 dispatchers and 3 managers.
"""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from evaluations.draw.rules import DISPATCHER, MANAGER, DrawInput, draw
from tests.evaluations.draw.test_rules_months import MONTHS
from tests.worlds.draws import Month, order

DAYS, LATE_A_DAY, BETS = 12, 8, 24


class Insider:
    """Counts correct bets, and how often a plain bet on a dispatcher, or on what rule 1 forces, is correct."""

    def __init__(self) -> None:
        self.chance = Random("insider")
        self.orders = self.right_callers = self.right_groups = self.plain_bets = 0

    def seed(self) -> str:
        return f"{self.chance.getrandbits(256):064x}"

    def watch(self, month: Month, day: date, row: tuple[str, str, str]) -> None:
        number, crew, technician = row
        single = [
            order(number, technician, crew=crew, calling_on=day + timedelta(1), later=day + timedelta(2))
        ]
        group, caller, is_forced = self.bet(month.input(day, single))
        (drawn,) = month.run(day, single, seed=self.seed()).assignments
        self.orders += 1
        self.right_callers += caller == drawn.caller
        self.right_groups += group == drawn.group
        self.plain_bets += is_forced or drawn.group == DISPATCHER

    def bet(self, run: DrawInput) -> tuple[str, str | None, bool]:
        outcomes = [draw(replace(run, seed=self.seed())).assignments[0] for _ in range(BETS)]
        groups = Counter(outcome.group for outcome in outcomes)
        callers = Counter(outcome.caller for outcome in outcomes)
        return groups.most_common(1)[0][0], callers.most_common(1)[0][0], groups[MANAGER] == BETS


@pytest.fixture(scope="module")
def insider() -> Insider:
    insider, month = Insider(), Month()
    for day, rows in list(MONTHS["march"].items())[:DAYS]:
        rows = insider.chance.sample(rows, len(rows))
        month.rows(day, rows[LATE_A_DAY:], seed=insider.seed())
        for row in rows[:LATE_A_DAY]:
            insider.watch(month, day, row)
    return insider


def test_insider_foretells_at_most_six_in_ten_callers_of_single_orders(insider):
    assert insider.orders > 60
    assert insider.right_callers <= 0.6 * insider.orders


def test_insider_foretells_groups_no_better_than_the_shares_force(insider):
    assert insider.right_groups <= insider.plain_bets + 0.03 * insider.orders
