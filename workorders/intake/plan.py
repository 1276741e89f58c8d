"""Plans the outcome of each row of an import (domain §3, §11). Pure: no queries, no clock, no settings.

The caller gathers the facts, may adjust each planned row, and stores the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any

from django.utils.translation import gettext as _

from workorders.enums import Kind

from .crew_registry import CrewRegistry, NewPeople, RegisteredPeople
from .order_rows import ImportRejection, OrderCells, OrderRow, Problem, RowPlace, from_one
from .order_state import (
    DECISIVE,
    PLAIN,
    OrderState,
    fields_to_confirm,
    guard_frozen,
    guard_times,
    is_after_repair,
)


class RowAction(Enum):
    CREATE = auto()
    UPDATE = auto()
    REMEMBER = auto()  # the order has these values already; only `imported` changes
    KEEP = auto()
    WAIT = auto()  # for a lead's confirmation
    REPEAT = auto()  # same values as an earlier row of the file
    REJECT = auto()


STORED = frozenset({RowAction.CREATE, RowAction.UPDATE, RowAction.REMEMBER})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """The outcome of one row. `after`: the order after it; None if the row is rejected or a repeat.

    `changes`: fields that the row changes. `enters`: the order becomes complete. `first`: the row it repeats.
    `brings_more`: the row has data besides the order and therefore counts as an update.
    """

    row: OrderRow
    action: RowAction
    after: OrderState | None = None
    changes: frozenset[str] = frozenset()
    enters: bool = False
    is_incomplete: bool = False
    to_confirm: tuple[str, ...] = ()
    first: OrderRow | None = None
    brings_more: bool = False
    problem: Problem | None = None

    @property
    def moves_deadlines(self) -> bool:
        """Whether the row creates the order or changes a field that decides its deadlines."""
        return self.action in STORED and not self.changes.isdisjoint(DECISIVE)

    def rejected(self, rejection: ImportRejection) -> PlannedRow:
        return PlannedRow(row=self.row, action=RowAction.REJECT, problem=rejection.problem)


@dataclass(frozen=True, kw_only=True)
class IntakeFacts:
    """The input of one step, by order number.

    `orders`: existing orders. `frozen`: fields that no import may change any more. `file_cells`: the first
    row of each number in the file. `repairs`: stored finishing and closing times of the originals of
    duplicates (`originals_of_duplicates`).
    """

    orders: Mapping[str, OrderState] = field(default_factory=dict)
    frozen: Mapping[str, frozenset[str]] = field(default_factory=dict)
    file_cells: Mapping[str, OrderCells] = field(default_factory=dict)
    repairs: Mapping[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    people: RegisteredPeople = field(default_factory=RegisteredPeople)


@dataclass
class ImportProgress:
    """State shared by the steps of one import.

    `accepted`: number → (row, whether its order is incomplete). `people`: new crews and technicians.
    """

    accepted: dict[str, tuple[OrderRow, bool]] = field(default_factory=dict)
    people: NewPeople = field(default_factory=NewPeople)


@dataclass
class ImportResult:
    """Row counts by outcome, and the reasons for rejections.

    `incomplete` counts accepted rows whose order lacks crew, technician, phone, kind or channel (domain §3).
    `waiting` counts those unchanged rows that a lead must confirm before they are written.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    incomplete: int = 0
    waiting: int = 0
    rejected: dict[RowPlace, Problem] = field(default_factory=dict)
    new_crews: tuple[str, ...] = ()
    new_technicians: tuple[str, ...] = ()

    def count(self, planned: PlannedRow) -> None:
        if planned.problem:
            self.rejected[planned.row.place] = planned.problem
            return
        is_update = planned.action == RowAction.UPDATE or planned.brings_more
        if planned.action == RowAction.CREATE:
            self.created += 1
        elif is_update:
            self.updated += 1
        else:
            self.unchanged += 1
        self.incomplete += planned.is_incomplete
        self.waiting += planned.action == RowAction.WAIT


class IntakePlan:
    """The plan of one step. Each row is planned (`plan_row`) and then added (`add`), before the next one.

    If a number occurs twice in the file, the first accepted row counts; the later one is unchanged or
    rejected. `must_confirm`: a row waits if it would change the blame, scope, closing day or phone of a
    complete order.
    """

    def __init__(
        self,
        facts: IntakeFacts,
        progress: ImportProgress,
        *,
        now: datetime,
        create_people: bool = False,
        must_confirm: bool = False,
    ) -> None:
        self.facts, self.progress = facts, progress
        self.now, self.must_confirm = now, must_confirm
        self.registry = CrewRegistry(facts.people, earlier=progress.people, create=create_people)
        self.rows: list[PlannedRow] = []

    def plan_row(self, row: OrderRow) -> PlannedRow:
        """Returns the outcome of the row with regard to the order."""
        try:
            if row.number in self.progress.accepted:
                return self._repeat(row, *self.progress.accepted[row.number])
            before = self.facts.orders.get(row.number)
            return self._create(row) if before is None else self._update(row, before)
        except ImportRejection as rejection:
            return PlannedRow(row=row, action=RowAction.REJECT, problem=rejection.problem)

    def add(self, planned: PlannedRow) -> None:
        """Adds the row to the plan; later rows can refer to its new crew and technician."""
        self.rows.append(planned)
        if planned.after is None:
            return
        self.progress.accepted[planned.row.number] = planned.row, planned.is_incomplete
        if planned.action in STORED:
            self.registry.keep(planned.after)

    def _repeat(self, row: OrderRow, first: OrderRow, is_incomplete: bool) -> PlannedRow:
        if row.values != first.values:
            raise contradiction(first)
        return PlannedRow(row=row, action=RowAction.REPEAT, first=first, is_incomplete=is_incomplete)

    def _create(self, row: OrderRow) -> PlannedRow:
        new = OrderState(number=row.number, imported=row.values)
        return self._written(row, new, set(row.values), RowAction.CREATE)

    def _update(self, row: OrderRow, before: OrderState) -> PlannedRow:
        differs = before.differing(row.values)
        if not differs:
            return _unchanged(row, before, RowAction.KEEP)
        changes = self._changes(row, before, differs)
        remembering = replace(before, imported=before.remembering(row.values))
        if not changes:
            return _unchanged(row, remembering, RowAction.REMEMBER)
        planned = self._written(row, remembering, changes, RowAction.UPDATE)
        assert planned.after
        if self.must_confirm and (fields := fields_to_confirm(changes, before, planned.after)):
            return replace(_unchanged(row, before, RowAction.WAIT), to_confirm=tuple(fields))
        return planned

    def _changes(self, row: OrderRow, before: OrderState, differs: set[str]) -> set[str]:
        """Returns the fields in which the row differs from both the last import and the stored order."""
        values = dict(row.values)
        if differs & {"employee_no", "technician"}:
            values["employee_no"] = self.registry.technician(row.cells).employee_no
            differs = differs - {"technician"} | {"employee_no"}
        if "crew" in differs and (known := self.registry.crews.get(row.cells.crew)):
            values["crew"] = known.name
        stored = before.values()
        changes = {name for name in differs if values[name] != stored[name]}
        if not row.phone:
            changes.discard("reporter_phone")
        guard_frozen(changes & self.facts.frozen.get(row.number, frozenset()), before, stored, values)
        return changes

    def _written(self, row: OrderRow, before: OrderState, fields: set[str], action: RowAction) -> PlannedRow:
        """Plans the order with the row's cells of `fields` and the values derived from them."""
        after = replace(before, **self._new_values(row, before, fields))
        if fields & {"kind", "original", "reported_at"}:
            self._guard_duplicate(after)
        guard_times(after, row.cells, now=self.now)
        is_incomplete = bool(after.missing)
        is_closed_now = after.closed_at is not None and before.closed_at is None
        enters = not is_incomplete and (before.entered_at is None or is_closed_now)
        return PlannedRow(
            row=row,
            action=action,
            after=replace(after, entered_at=self.now) if enters else after,
            changes=frozenset(fields),
            enters=enters,
            is_incomplete=is_incomplete,
        )

    def _new_values(self, row: OrderRow, before: OrderState, fields: set[str]) -> dict[str, Any]:
        """Returns new values by field of `OrderState`. The first invalid cell rejects the row."""
        cells = row.cells
        values: dict[str, Any] = {name: getattr(cells, name) for name in fields.intersection(PLAIN)}
        if "reporter_phone" in fields:
            values["reporter_phone"] = row.phone
        if "closed_at" in fields:
            values["closed_on"] = row.closed_on
        if "crew" in fields:
            values["crew"] = self.registry.crew(cells.crew)
        if fields & {"employee_no", "technician"}:
            values["technician"] = self.registry.technician(cells)
        if "channel" in fields:
            values["channel"], values["channel_text"] = from_one(row.values["channel"])
        if fields & {"kind", "original"}:
            values |= _kind_and_original(row, before, fields)
        return values

    def _guard_duplicate(self, order: OrderState) -> None:
        """Raises ImportRejection: a duplicate reported after the earlier repair is a repeat (domain §3)."""
        if order.is_duplicate and is_after_repair(order.reported_at, self._repaired_at(order.original)):
            raise ImportRejection(
                "kind",
                _("在原工单 %(number)s 修复之后报修,是二次报修,不是重复登记") % {"number": order.original},
            )

    def _repaired_at(self, number: str) -> datetime | None:
        """Returns when the repair was finished, else closed.

        The file takes precedence over the stored order.
        """
        if number not in self.facts.repairs:
            return None
        cells = self.facts.file_cells.get(number)
        finished_at, closed_at = self.facts.repairs[number]
        in_file = (cells.finished_at, cells.closed_at) if cells else (None, None)
        return in_file[0] or finished_at or in_file[1] or closed_at


def contradiction(first: OrderRow) -> ImportRejection:
    """Returns the rejection of a row that contradicts the first row with its number."""
    sheet, row = first.place
    if sheet:
        place = {"sheet": sheet, "row": row}
        return ImportRejection("number", _("工单号与表“%(sheet)s”第 %(row)d 行重复,内容不同") % place)
    return ImportRejection("number", _("工单号与第 %(row)d 行重复,内容不同") % {"row": row})


def originals_of_duplicates(rows: Iterable[OrderRow], orders: Mapping[str, OrderState]) -> set[str]:
    """Returns the numbers of the earlier orders whose repair times the plan needs."""
    found = set()
    for row in rows:
        before = orders.get(row.number)
        if (before and before.is_duplicate) or row.values.get("kind") == Kind.DUPLICATE:
            found.add(row.cells.original or (before.original if before else ""))
    return found


def _unchanged(row: OrderRow, after: OrderState, action: RowAction) -> PlannedRow:
    return PlannedRow(row=row, action=action, after=after, is_incomplete=bool(after.missing))


def _kind_and_original(row: OrderRow, before: OrderState, fields: set[str]) -> dict[str, str]:
    """The original stays a number until the orders are linked (`store.link_originals`).

    An import does not change a duplicate that was marked by hand: a lead decided that.
    """
    if row.cells.original == before.number:
        raise ImportRejection("original", _("原工单号是这张工单自己的工单号"))
    values: dict[str, str] = {}
    kind = before.kind
    if "kind" in fields:
        kind, values["kind_text"] = from_one(row.values["kind"])
        values["kind"] = kind
    is_marked_by_hand = before.duplicate_of != "" and before.kind != Kind.DUPLICATE
    moves = (before.kind == Kind.DUPLICATE) != (kind == Kind.DUPLICATE)
    if ("original" in fields or moves) and not is_marked_by_hand:
        values["original_number"] = row.cells.original if "original" in fields else before.original
        values["repeat_of"] = values["duplicate_of"] = ""
    return values
