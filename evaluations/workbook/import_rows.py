"""Imports a file's rows in steps: lock, gather, plan, review, store; one transaction each (domain §3, §11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.db import transaction

from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.locks import acquire_lock, let_others_write
from workorders.intake.crew_registry import RegisteredPeople
from workorders.intake.order_rows import OrderCells, OrderRow
from workorders.intake.plan import ImportProgress, ImportResult, IntakePlan
from workorders.intake.store import (
    closing_days,
    duplicates_after_repair,
    existing_orders,
    gather_facts,
    link_originals,
    make_repeats,
    registered_people,
    store_plan,
    turn_into_repeat,
)
from workorders.models import WorkOrder

from .callers import CallerLookup, people_with_accounts
from .review import EvaluationReview, EvaluationsByPlace, gather_evaluations, store_evaluations

STEP_SIZE = 250
"""Rows per transaction, unless one closing day has more. On SQLite a transaction blocks all other writers."""


def import_rows(
    rows: Sequence[OrderRow],
    *,
    now: datetime,
    by: User | None = None,
    evaluations: EvaluationsByPlace | None = None,
    create_people: bool = False,
    must_confirm: bool = False,
    is_stored: bool = True,
) -> ImportResult:
    """Stores the valid rows, in steps of about 250 rows with a fixed number of queries per step.

    Each step is a transaction: an interrupted import keeps its finished steps, and importing the file again
    does not change them. Only one step runs at a time, so a second import of the same file finds the orders
    of the first.
    `must_confirm`: a row that would change who is responsible for a complete order, its scope, day or phone
    waits for a lead; it counts as unchanged and as waiting. `is_stored=False`: returns the same, writes
    nothing and takes no lock.
    """
    run = _ImportRun(
        now=now,
        by=by,
        evaluations=evaluations or {},
        file_cells={row.number: row.cells for row in reversed(rows)},
        create_people=create_people,
        must_confirm=must_confirm,
        is_stored=is_stored,
    )
    done = 0
    for step in steps(rows):
        if done and is_stored:
            let_others_write()
        done += len(step)
        run.import_step(step, is_last=done == len(rows))
    people = run.progress.people
    run.result.new_crews = tuple(crew.name for crew in people.crews)
    run.result.new_technicians = tuple(str(technician) for technician, _crew in people.technicians)
    return run.result


def steps(rows: Sequence[OrderRow]) -> Iterator[list[OrderRow]]:
    """Yields the rows in steps by closing day; at least one step, even without rows.

    The orders of a day are stored in one transaction, so that the draw of the day sees all of them or none.
    """
    days_closed: dict[str, date] = {}
    for row in rows:
        days_closed.setdefault(row.number, row.closed_on or date.min)
    step: list[OrderRow] = []
    by_day = sorted(rows, key=lambda row: days_closed[row.number])
    for day, group in groupby(by_day, key=lambda row: days_closed[row.number]):
        of_day = list(group)
        size = STEP_SIZE if day == date.min else len(of_day)  # orders that are not closed are not drawn
        for start in range(0, len(of_day), size):
            part = of_day[start : start + size]
            if step and len(step) + len(part) > STEP_SIZE:
                yield step
                step = []
            step += part
    yield step


@dataclass(kw_only=True)
class _ImportRun:
    """One import: its options and the state its steps share. `touched`: ids of created or changed orders."""

    now: datetime
    by: User | None
    evaluations: EvaluationsByPlace
    file_cells: Mapping[str, OrderCells]
    create_people: bool
    must_confirm: bool
    is_stored: bool
    progress: ImportProgress = field(default_factory=ImportProgress)
    result: ImportResult = field(default_factory=ImportResult)
    touched: set[int] = field(default_factory=set)
    people: RegisteredPeople | None = None

    def import_step(self, rows: Sequence[OrderRow], *, is_last: bool) -> None:
        """Locks, gathers, plans, reviews, stores in one transaction; a preview neither locks nor stores."""
        with transaction.atomic() if self.is_stored else nullcontext():
            if self.is_stored:
                _lock_step(rows)
            if self.people is None or self.is_stored:
                self.people = registered_people()  # again in each step: others may have written
            numbers = {row.number for row in rows} - self.progress.accepted.keys()
            orders = existing_orders(numbers, lock=self.is_stored)
            plan, review = self._plan(rows, orders, self.people)
            if self.is_stored:
                self._store(plan, review, orders)
                if is_last:
                    self._link(review)
        self.progress.people.extend(plan.registry.new)
        for planned in plan.rows:
            self.result.count(planned)

    def _plan(
        self, rows: Sequence[OrderRow], orders: Mapping[str, WorkOrder], people: RegisteredPeople
    ) -> tuple[IntakePlan, EvaluationReview]:
        """Reviews each row before planning the next, so that a rejected row does not affect later rows."""
        rated = {row.number for row in rows if row.place in self.evaluations}
        facts = gather_evaluations(orders.values(), rated, by=self.by, now=self.now)
        callers = CallerLookup(people_with_accounts() if rated else (), create=self.create_people)
        review = EvaluationReview(facts, self.evaluations, callers=callers, now=self.now)
        plan = IntakePlan(
            gather_facts(
                rows, orders, frozen=facts.frozen(orders.values()), file_cells=self.file_cells, people=people
            ),
            self.progress,
            now=self.now,
            create_people=self.create_people,
            must_confirm=self.must_confirm,
        )
        for row in rows:
            plan.add(review.review(plan.plan_row(row)))
        return plan, review

    def _store(self, plan: IntakePlan, review: EvaluationReview, orders: Mapping[str, WorkOrder]) -> None:
        due = {
            planned.row.number: review.due_times(planned.after)
            for planned in plan.rows
            if planned.after and planned.moves_deadlines
        }
        stored = store_plan(plan, orders, due=due, now=self.now, by=self.by)
        store_evaluations(review, {**orders, **stored}, by=self.by)
        self.touched.update(order.pk for order in stored.values())

    def _link(self, review: EvaluationReview) -> None:
        """Links repeats and duplicates; a wrongly reported duplicate becomes a repeat (domain §3)."""
        self.touched |= link_originals(now=self.now, by=self.by)
        found = duplicates_after_repair(self.touched)
        if not found:
            return
        frozen = gather_evaluations(found, by=self.by, now=self.now).frozen(found)
        turned = [order for order in found if order.number not in frozen]
        for order in turned:
            turn_into_repeat(order, now=self.now)
            order.due_at, order.last_due_at = review.due_times(order)
        make_repeats(turned, now=self.now, by=self.by)


def _lock_step(rows: Iterable[OrderRow]) -> None:
    """Allows one import step at a time, and no draw, settlement or reopening of the orders' months meanwhile.

    Locks the months with the same locks as settling, before any order is locked.
    """
    acquire_lock("intake")
    closed = {row.closed_on for row in rows if row.closed_on} | closing_days({row.number for row in rows})
    for month in sorted({days.first_of_month(day) for day in closed}):
        acquire_lock(f"draw {month:%Y-%m}")
