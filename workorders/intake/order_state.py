"""The state of an order that an import compares and changes: plain values, no queries (domain §3, §11)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from workorders.enums import Kind, Missing, OutOfScope
from workorders.phones import is_dialable, masked
from workorders.scope import missing_parts, out_of_scope

from .order_rows import MOMENTS, ImportRejection, OrderCells, as_one, display_value, iso_text

if TYPE_CHECKING:
    from workorders.models import WorkOrder

PLAIN = (
    *MOMENTS,
    "reporter_name",
    "reporter_phone",
    "reporter_location",
    "equipment",
    "fault",
    "cause",
    "action",
)
"""Fields that have the same name in a row, in `OrderState` and in `WorkOrder`."""
SHARED = (
    *PLAIN,
    "closed_on",
    "kind",
    "kind_text",
    "channel",
    "channel_text",
    "original_number",
    "entered_at",
)
"""Fields that have the same name in `OrderState` and in `WorkOrder`."""
MASKED = ("reporter_name", "reporter_phone")
DECISIVE = frozenset({"crew", "employee_no", "closed_at", "kind", "channel", "reporter_phone"})
"""Fields that decide whether an order is in scope, when it is due and whom it is charged to."""
FROZEN = DECISIVE | {"reported_at", "first_contact_at", "finished_at", "reporter_name"}
"""Fields that no import changes after the draw or the first self-evaluation (domain §3)."""
SENSITIVE = DECISIVE - {"closed_at"}
"""Fields of a complete order whose change a lead must confirm, as for a changed closing day."""


@dataclass(frozen=True, slots=True)
class CrewFacts:
    """A crew; without an id it has not been created yet."""

    name: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class TechnicianFacts:
    """A technician; without an id not created yet.

    `account`: id of the user with the same employee number.
    """

    employee_no: str
    name: str
    id: int | None = None
    account: int | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.employee_no}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """The current state of an order, or its state after a row.

    `repeat_of` and `duplicate_of` are order numbers, "" for none. `imported`: the last import's values by
    field. `is_masked`: name and phone are permanently masked.
    """

    number: str
    id: int | None = None
    reported_at: datetime | None = None
    first_contact_at: datetime | None = None
    finished_at: datetime | None = None
    closed_at: datetime | None = None
    closed_on: date | None = None
    reporter_name: str = ""
    reporter_phone: str = ""
    reporter_location: str = ""
    equipment: str = ""
    fault: str = ""
    cause: str = ""
    action: str = ""
    crew: CrewFacts | None = None
    technician: TechnicianFacts | None = None
    kind: str = ""
    kind_text: str = ""
    channel: str = ""
    channel_text: str = ""
    original_number: str = ""
    repeat_of: str = ""
    duplicate_of: str = ""
    entered_at: datetime | None = None
    imported: Mapping[str, str] = field(default_factory=dict)
    is_masked: bool = False

    @classmethod
    def of(cls, order: WorkOrder) -> OrderState:
        """Runs no query if crew, technician, repeat_of and duplicate_of are loaded."""
        crew, technician = order.crew, order.technician
        shared: dict[str, Any] = {name: getattr(order, name) for name in SHARED}
        return cls(
            number=order.number,
            id=order.pk,
            crew=CrewFacts(crew.name, crew.pk) if crew else None,
            technician=TechnicianFacts(technician.employee_no, technician.name, technician.pk)
            if technician
            else None,
            repeat_of=order.repeat_of.number if order.repeat_of else "",
            duplicate_of=order.duplicate_of.number if order.duplicate_of else "",
            imported=order.imported,
            is_masked=order.reporter_masked_at is not None,
            **shared,
        )

    @property
    def original(self) -> str:
        """The order number for the column 二次报修(原工单号)."""
        return self.repeat_of or self.duplicate_of or self.original_number

    @property
    def is_duplicate(self) -> bool:
        return self.kind == Kind.DUPLICATE or self.duplicate_of != ""

    @property
    def missing(self) -> list[Missing]:
        return missing_parts(
            phone=self.reporter_phone,
            crew=self.crew,
            technician=self.technician,
            kind=self.kind,
            channel=self.channel,
        )

    @property
    def out_of_scope(self) -> OutOfScope | None:
        return out_of_scope(
            is_closed=self.closed_at is not None,
            is_duplicate=self.duplicate_of != "",
            missing=self.missing,
            kind=self.kind,
            channel=self.channel,
        )

    def values(self) -> dict[str, str]:
        """Returns the order's values in the form of `OrderCells.imported_values`."""
        values = {name: getattr(self, name) for name in PLAIN}
        for name in MOMENTS:
            values[name] = iso_text(values[name]) if values[name] else ""
        values["crew"] = self.crew.name if self.crew else ""
        values["employee_no"] = self.technician.employee_no if self.technician else ""
        values["kind"] = as_one(Kind.DUPLICATE if self.duplicate_of else self.kind, self.kind_text)
        values["channel"] = as_one(self.channel, self.channel_text)
        values["original"] = self.original
        return values

    def differing(self, values: Mapping[str, str]) -> set[str]:
        """Returns the fields of a row's `values` that differ from the last import; blank cells never differ.

        A phone that cannot be dialled replaces no stored phone. Permanently masked name and phone stay
        masked.
        """
        differs = {name for name, value in values.items() if self.imported.get(name) != value}
        if self.is_masked:
            return differs.difference(MASKED)
        if self.reporter_phone and not is_dialable(values.get("reporter_phone", "")):
            differs.discard("reporter_phone")
        return differs

    def remembering(self, values: Mapping[str, str]) -> dict[str, str]:
        """Returns `imported` after a row, without the row's name and phone if they are permanently masked."""
        kept = {name: value for name, value in values.items() if not (self.is_masked and name in MASKED)}
        return {**self.imported, **kept}


def is_after_repair(reported_at: datetime | None, repaired: datetime | None) -> bool:
    """Whether an order was reported at or after the earlier repair: then it is a repeat, never a duplicate.

    False if a time is unknown.
    """
    return bool(reported_at and repaired and reported_at >= repaired)


def fields_to_confirm(changes: Iterable[str], before: OrderState, after: OrderState) -> list[str]:
    """Returns the changed fields of a complete order that a lead must confirm.

    They decide whom it is charged to, whether it is evaluated, on which day it counts, and who is phoned.
    """
    if before.missing:
        return []
    found = SENSITIVE.intersection(changes)
    if before.closed_on is not None and before.closed_on != after.closed_on:
        found |= {"closed_at"}
    return sorted(found)


def guard_frozen(
    changed: Collection[str], before: OrderState, stored: Mapping[str, str], values: Mapping[str, str]
) -> None:
    """Raises ImportRejection: a frozen field would change.

    Blanks may be filled, except times: KPIs use them.
    """
    for name in sorted(changed):
        if stored[name] or name in MOMENTS:
            old = before.imported.get(name) or stored[name]
            if name == "reporter_phone":
                old = masked(old)  # an upload must not reveal a number (domain §12)
            raise ImportRejection(
                name,
                _("工单已抽取、已评价或所属月份已结算,不能由“%(old)s”改为“%(new)s”")
                % {"old": display_value(name, old), "new": display_value(name, values[name])},
            )


def guard_times(order: OrderState, cells: OrderCells, *, now: datetime) -> None:
    """Raises ImportRejection: `order` as planned is closed in the future or before it was reported."""
    if cells.closed_at and cells.closed_at > now:
        raise ImportRejection("closed_at", _("关闭时间在将来"))
    if order.closed_at and order.reported_at and order.closed_at < order.reported_at:
        raise ImportRejection("closed_at" if cells.closed_at else "reported_at", _("关闭时间早于报修时间"))
