"""Taking orders in, many at once: each row on its own, the good ones stored, the others handed back (§3, §11).

What a higher floor has to say about a row (frozen, evaluations, deadlines) comes as a `Reviewer`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.locks import acquire_lock, let_others_write
from workorders.models import WorkOrder
from workorders.phones import phone_keys

from .compare import DECISIVE, PLAIN, differing, guard_frozen, guard_times, holds, remembered
from .crew_registry import CrewBook
from .originals import (
    guard_duplicate,
    link_originals,
    make_repeats,
    repaired_before,
    repeats_among_duplicates,
    turn_into_repeat,
    write_kind_and_original,
)
from .pending import changes_of_import, fields_to_confirm, keep_waiting
from .rows import OrderCells, Problem, RowRejected
from .store import existing_orders, store_changed, store_new
from .wording import read_channel

STEP = 250
"""Rows in one transaction, or those of one closing day: on SQLite nobody else writes meanwhile."""


@dataclass(slots=True)
class Row:
    """A row to take in. `said` as `OrderCells.said` returns it; `more` is the reviewer's own part of the row.

    `sheet` is "" when the file has only one.
    """

    number: int
    cells: OrderCells
    said: dict[str, str]
    more: Any = None
    sheet: str = ""

    @property
    def place(self) -> tuple[str, int]:
        return self.sheet, self.number


@dataclass
class Taken:
    """How many rows had which fate, and why rows were rejected (sheet and row, problem), in the order of the file.

    `incomplete` counts rows taken in whose order lacks crew, technician, phone, kind or channel (§3). `waiting`
    counts rows, among the unchanged ones, that a lead must confirm before they are written.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    incomplete: int = 0
    waiting: int = 0
    rejected: list[tuple[tuple[str, int], Problem]] = field(default_factory=list)
    new_crews: list[str] = field(default_factory=list)
    new_technicians: list[str] = field(default_factory=list)


class Reviewer:
    """What a higher floor says of rows and orders; this one has nothing to say."""

    def lock(self, rows: Sequence[Row]) -> None:
        """First in each step that is stored, before any order is locked."""

    def begin(self, rows: Sequence[Row]) -> None:
        """Once for each step: reads anew what others may have written since the last one."""

    def look_at(self, rows: Sequence[Row], orders: dict[str, WorkOrder]) -> None:
        """Once for each step: the rows, and the locked orders of theirs that exist, by number."""

    def frozen_fields(self, order: WorkOrder) -> frozenset[str]:
        """Fields of an existing order that no import may change any more."""
        return frozenset()

    def accept(self, row: Row, order: WorkOrder) -> bool:
        """Raises RowRejected, or says whether the row brings something new beside the order itself."""
        return False

    def set_deadlines(self, order: WorkOrder) -> None:
        """The order is new, or what decides its deadlines has changed; it is stored afterwards."""

    def store(self) -> None:
        """Once for each step, after its orders are stored."""


def take_in(
    rows: Sequence[Row],
    *,
    now: datetime,
    by: User | None = None,
    create_people: bool = False,
    reviewer: Reviewer | None = None,
    must_confirm: bool = False,
    progress: Callable[[int], object] = lambda done: None,
    is_stored: bool = True,
) -> Taken:
    """Stores what is good of the rows, in steps of about 250 with a fixed number of queries each.

    Each step is a transaction: what an interrupted import has stored stays, and the same file again changes
    nothing of it. One step at a time: a second import of the same file finds its orders there.
    `must_confirm`: a row that would change what decides blame, scope, day or phone of a complete order waits for a
    lead (`pending.fields_to_confirm`); it is unchanged, and counted as waiting.
    Of a number that comes twice in the file the first row counts; the later one is unchanged or rejected.
    `is_stored=False`: says the same, writes nothing and waits for nobody.
    """
    said = {row.cells.number: row.cells for row in reversed(rows)}
    book = CrewBook(create=create_people)
    intake = _Intake(
        now, by, book, reviewer or Reviewer(), said, is_stored=is_stored, must_confirm=must_confirm
    )
    done = 0
    for step in steps(rows):
        if done and is_stored:
            let_others_write()
        done += len(step)
        intake.take(step, is_last=done == len(rows))
        progress(done)
    taken = intake.taken
    places = {row.place: n for n, row in enumerate(rows)}
    taken.rejected.sort(key=lambda rejection: places[rejection[0]])
    taken.new_crews = [crew.name for crew in intake.book.new_crews]
    taken.new_technicians = [str(technician) for technician in intake.book.new_technicians]
    return taken


def _repeated(first: Row) -> str:
    if first.sheet:
        place = {"sheet": first.sheet, "row": first.number}
        return _("工单号与表“%(sheet)s”第 %(row)d 行重复,内容不同") % place
    return _("工单号与第 %(row)d 行重复,内容不同") % {"row": first.number}


def steps(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows by closing day, at least one step. A day's orders come in together: it is drawn with all or none."""
    days_closed: dict[str, date] = {}
    for row in rows:
        closed_at = row.cells.closed_at
        days_closed.setdefault(row.cells.number, days.local_day(closed_at) if closed_at else date.min)
    step: list[Row] = []
    by_day = sorted(rows, key=lambda row: days_closed[row.cells.number])
    for day, group in groupby(by_day, key=lambda row: days_closed[row.cells.number]):
        of_day = list(group)
        size = STEP if day == date.min else len(of_day)  # what is not closed is not drawn
        for start in range(0, len(of_day), size):
            part = of_day[start : start + size]
            if step and len(step) + len(part) > STEP:
                yield step
                step = []
            step += part
    yield step


class _Intake:
    """One import on its way. `done` remembers each number taken in, with its row, and whether it is incomplete.

    `said`: the file's cells by number; `touched`: ids of the orders that it made or changed.
    """

    def __init__(
        self,
        now: datetime,
        by: User | None,
        book: CrewBook,
        reviewer: Reviewer,
        said: Mapping[str, OrderCells],
        *,
        is_stored: bool,
        must_confirm: bool,
    ) -> None:
        self.now, self.by, self.book, self.reviewer, self.said = now, by, book, reviewer, said
        self.is_stored, self.must_confirm = is_stored, must_confirm
        self.taken = Taken()
        self.done: dict[str, tuple[Row, bool]] = {}
        self.touched: set[int] = set()

    def take(self, rows: Sequence[Row], *, is_last: bool) -> None:
        with transaction.atomic() if self.is_stored else nullcontext():
            if self.is_stored:
                acquire_lock("intake")
                self.reviewer.lock(rows)
                self.book.read()
            self.reviewer.begin(rows)
            self.judge_all(rows)
            if self.is_stored:
                self.store()
                if is_last:
                    self.link()

    def judge_all(self, rows: Sequence[Row]) -> None:
        numbers = {row.cells.number for row in rows} - self.done.keys()
        self.orders = existing_orders(numbers, lock=self.is_stored)
        self.new: list[WorkOrder] = []
        self.changed: list[WorkOrder] = []
        self.remembered: list[WorkOrder] = []
        of_rows = [(row.cells, self.orders.get(row.cells.number)) for row in rows]
        self.repaired = repaired_before(of_rows, said=self.said)
        self.held_back: dict[WorkOrder, tuple[dict[str, str], list[str]]] = {}
        self.reviewer.look_at(rows, self.orders)
        for row in rows:
            self.judge(row)

    def judge(self, row: Row) -> None:
        try:
            first = self.done.get(row.cells.number)
            if first:
                is_incomplete = self.repeat(row, *first)
            else:
                order = self.orders.get(row.cells.number)
                order = self.create(row) if order is None else self.update(row, order)
                is_incomplete = bool(order.missing)
                self.done[row.cells.number] = row, is_incomplete
            self.taken.incomplete += is_incomplete
        except RowRejected as rejection:
            self.taken.rejected.append((row.place, rejection.problem))

    def repeat(self, row: Row, first: Row, is_incomplete: bool) -> bool:
        if (row.said, row.more) != (first.said, first.more):
            raise RowRejected("number", _repeated(first))
        self.taken.unchanged += 1
        return is_incomplete

    def create(self, row: Row) -> WorkOrder:
        order = WorkOrder(number=row.cells.number, received_at=self.now, imported=row.said)
        self.write(row, order, set(row.said))
        self.reviewer.accept(row, order)
        self.book.keep(order)
        self.new.append(order)
        self.taken.created += 1
        return order

    def update(self, row: Row, order: WorkOrder) -> WorkOrder:
        """The order as it is after the row. Nothing of a rejected row stays: it is written on a copy."""
        differs = differing(row.said, order)
        changes: set[str] = set()
        if differs:
            order, before = copy(order), order
            changes = self.write_changes(row, order, before, differs)
            if self.must_confirm and (fields := fields_to_confirm(changes, before, order)):
                return self.hold_back(row, before, fields)
        brings_more = self.reviewer.accept(row, order)
        if differs:
            self.book.keep(order)
            order.imported = order.imported | remembered(row.said, order)
            (self.changed if changes else self.remembered).append(order)
        self.taken.updated += bool(changes) or brings_more
        self.taken.unchanged += not (changes or brings_more)
        return order

    def hold_back(self, row: Row, order: WorkOrder, fields: list[str]) -> WorkOrder:
        """The row waits for a lead's confirmation; nothing of it is written to the order."""
        self.held_back[order] = row.said, fields
        self.taken.waiting += 1
        self.taken.unchanged += 1
        return order

    def write_changes(self, row: Row, order: WorkOrder, before: WorkOrder, differs: set[str]) -> set[str]:
        """Writes what differs from the last import and from today; gives the fields it changed."""
        held = holds(before)
        said = row.said
        if differs & {"employee_no", "technician"}:
            said = said | {"employee_no": self.book.technician(row.cells).employee_no}
            differs = differs - {"technician"} | {"employee_no"}
        if "crew" in differs and (known := self.book.crews.get(row.cells.crew)):
            said = said | {"crew": known.name}
        changes = {name for name in differs if said[name] != held[name]}
        if not row.cells.dialable_phone:
            changes.discard("reporter_phone")
        guard_frozen(changes, self.reviewer.frozen_fields(before), order=before, held=held, said=said)
        if changes:
            self.write(row, order, changes)
        return changes

    def write(self, row: Row, order: WorkOrder, fields: set[str]) -> None:
        """The row's cells of `fields` onto the order, with what follows from them."""
        was_closed = order.closed_at is not None
        self._write_cells(row.cells, order, fields)
        guard_times(order, row.cells, now=self.now)
        if not order.missing and (order.entered_at is None or (order.closed_at and not was_closed)):
            order.entered_at, order.entered_by = self.now, self.by
        if fields & DECISIVE:
            self.reviewer.set_deadlines(order)

    def _write_cells(self, cells: OrderCells, order: WorkOrder, fields: set[str]) -> None:
        for name in fields.intersection(PLAIN):
            setattr(order, name, getattr(cells, name))
        if "reporter_phone" in fields:
            order.reporter_phone = cells.dialable_phone
            order.reporter_phone_key, order.reporter_other_key = phone_keys(order.reporter_phone)
        order.closed_on = days.local_day(order.closed_at) if order.closed_at else None
        if "crew" in fields:
            order.crew = self.book.crew(cells.crew)
        if fields & {"employee_no", "technician"}:
            order.technician = self.book.technician(cells)
        if "channel" in fields:
            order.channel, order.channel_text = read_channel(cells.channel)
        if fields & {"kind", "original"}:
            write_kind_and_original(cells, order, fields)
        if fields & {"kind", "original", "reported_at"}:
            guard_duplicate(order, self.repaired)

    def store(self) -> None:
        self.book.save(by=self.by)
        store_new(self.new)
        store_changed(self.changed, self.remembered, now=self.now, by=self.by)
        if self.held_back and self.by:
            keep_waiting(changes_of_import(self.held_back, by=self.by, now=self.now))
        self.touched.update(order.pk for order in (*self.new, *self.changed))
        self.reviewer.store()

    def link(self) -> None:
        """Links repeats and duplicates; what came in as a duplicate and was none becomes a repeat (domain §3)."""
        self.touched |= link_originals(now=self.now, by=self.by)
        turned = []
        found = repeats_among_duplicates(self.touched)
        self.reviewer.look_at((), {order.number: order for order in found})  # also of earlier steps
        for order in found:
            if not self.reviewer.frozen_fields(order):
                turn_into_repeat(order, now=self.now)
                self.reviewer.set_deadlines(order)
                turned.append(order)
        make_repeats(turned, now=self.now, by=self.by)
