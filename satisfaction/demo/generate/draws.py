"""Draws with the rules of the product and with counts in memory instead of queries."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from evaluations.draw.rules import Assignment, DrawCount, DrawInput, DrawOrder, draw, seed_sha256
from evaluations.draw.rules.shapes import DISPATCHER, MANAGER
from evaluations.models import DaySeed
from satisfaction.calendars import days

from .orders import RowValues
from .staff import GeneratedStaff
from .table import BulkTable

NO_COUNT = DrawCount(0, 0)


@dataclass
class GeneratedDraws:
    """One run for each day. Seeds are made with the run, so that no run is marked as committed."""

    staff: GeneratedStaff
    share: Fraction
    secret: str
    runs: BulkTable
    month: date | None = None
    crews: dict[str, DrawCount] = field(default_factory=dict)
    technicians: dict[str, DrawCount] = field(default_factory=dict)
    spread: Counter[tuple[str, str]] = field(default_factory=Counter)
    loads: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.crew_names = {pk: crew.name for pk, crew in self.staff.crews.items()}
        self.numbers = {one.pk: one.employee_no for one in self.staff.technicians}

    def of_day(self, day: date, rows: list[RowValues], *, at: datetime) -> tuple[int, dict[str, Assignment]]:
        """Returns the id of the run, and assignments by order number."""
        if self.month != days.first_of_month(day):
            self.begin(days.first_of_month(day))
        run = self.input(day, rows)
        stored = json.dumps(run.to_json())  # before the counts change
        result = draw(run)
        by_number = {assignment.number: assignment for assignment in result.assignments}
        for order in run.orders:
            self.count(order, by_number[order.number])
        return self.store(run, stored, json.dumps(result.to_json()), at=at), by_number

    def begin(self, month: date) -> None:
        self.month = month
        self.crews, self.technicians = {}, {}
        self.spread, self.loads = Counter(), Counter()

    def input(self, day: date, rows: list[RowValues]) -> DrawInput:
        calling = days.local_day(rows[0]["due_at"]), days.local_day(rows[0]["last_due_at"])
        on_duty = {DISPATCHER: self.staff.dispatchers, MANAGER: self.staff.managers}
        return DrawInput(
            day=day,
            orders=tuple(
                DrawOrder(
                    row["number"],
                    self.crew_names[row["crew_id"]],
                    self.numbers[row["technician_id"]],
                    *calling,
                )
                for row in rows
            ),
            roster=dict.fromkeys(calling, on_duty),
            crew_counts=self.crews,
            technician_counts=self.technicians,
            spread=self.spread,
            day_load={},
            calling_day_load={},
            month_load=self.loads,
            manager_share=self.share,
            seed=hashlib.sha256(f"{self.secret} {day}".encode()).hexdigest(),
            run=1,
        )

    def count(self, order: DrawOrder, assignment: Assignment) -> None:
        assert assignment.caller
        is_manager = assignment.group == MANAGER
        for counts, name in ((self.crews, order.crew), (self.technicians, order.technician)):
            n, managers = counts.get(name, NO_COUNT)
            counts[name] = DrawCount(n + 1, managers + is_manager)
        self.spread[order.technician, assignment.caller] += 1
        self.loads[assignment.caller] += 1

    def store(self, run: DrawInput, stored: str, output: str, *, at: datetime) -> int:
        seed = DaySeed.objects.create(
            day=run.day, seed=run.seed, sha256=seed_sha256(run.seed), made_at=at, is_in_time=False
        )
        pk = self.runs.take_id()
        self.runs.insert(
            [
                {
                    "id": pk,
                    "day": run.day,
                    "n": 1,
                    "seed_id": seed.pk,
                    "input": stored,
                    "output": output,
                    "is_committed": False,
                    "orders": len(run.orders),
                    "at": at,
                }
            ]
        )
        return pk
