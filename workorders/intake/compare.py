"""What a row says, beside what the last import said and what the order holds today (§3 Frozen, §11)."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from workorders.enums import Kind
from workorders.models import WorkOrder
from workorders.phones import is_dialable, masked

from .rows import OrderCells, RowRejected, as_one, stamp
from .wording import write_channel, write_kind

MOMENTS = ("reported_at", "first_contact_at", "finished_at", "closed_at")
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
DECISIVE = frozenset({"crew", "employee_no", "closed_at", "kind", "channel", "reporter_phone"})
"""What decides whether an order is in scope, when it is due and whom it is charged to."""
FROZEN = DECISIVE | {"reported_at", "first_contact_at", "finished_at", "reporter_name"}
"""What no import changes from the draw or the first self-evaluation on (domain §3)."""


def holds(order: WorkOrder) -> dict[str, str]:
    """What the order holds today, in the words in which `OrderCells.said` puts a row."""
    held = {field: getattr(order, field) for field in PLAIN}
    for field in MOMENTS:
        held[field] = stamp(held[field]) if held[field] else ""
    held["crew"] = order.crew.name if order.crew else ""
    held["employee_no"] = order.technician.employee_no if order.technician else ""
    held["kind"] = as_one(Kind.DUPLICATE if order.duplicate_of_id else order.kind, order.kind_text)
    held["channel"] = as_one(order.channel, order.channel_text)
    held["original"] = original_number(order)
    return held


def original_number(order: WorkOrder) -> str:
    """The number in the column 二次报修(原工单号)."""
    original = order.repeat_of or order.duplicate_of
    return original.number if original else order.original_number


def differing(said: dict[str, str], order: WorkOrder) -> set[str]:
    """Fields in which the row says something else than the last import did; blank cells say nothing.

    A phone that nobody can dial replaces none; name and phone that are masked for good stay masked.
    """
    differs = {field for field, value in said.items() if order.imported.get(field) != value}
    if order.reporter_masked_at:
        return differs - {"reporter_phone", "reporter_name"}
    if order.reporter_phone and not is_dialable(said.get("reporter_phone", "")):
        differs.discard("reporter_phone")
    return differs


def remembered(said: dict[str, str], order: WorkOrder) -> dict[str, str]:
    """What an order keeps of a row's words: name and phone not if they are masked for good."""
    if not order.reporter_masked_at:
        return said
    return {field: value for field, value in said.items() if field not in ("reporter_phone", "reporter_name")}


def guard_frozen(
    changed: set[str], frozen: frozenset[str], *, order: WorkOrder, held: dict[str, str], said: dict[str, str]
) -> None:
    """Refuses a row that would change what is frozen. A blank may still be filled, except a time: KPIs count it."""
    for field in sorted(changed & frozen):
        if held[field] or field in MOMENTS:
            old = order.imported.get(field) or held[field]
            if field == "reporter_phone":
                old = masked(old)  # whoever uploads a file is not thereby told a number (domain §12)
            raise RowRejected(
                field,
                _("工单已抽取、已评价或所属月份已结算,不能由“%(old)s”改为“%(new)s”")
                % {"old": shown(field, old), "new": shown(field, said[field])},
            )


def shown(field: str, value: str) -> str:
    """A value of `said` as a person reads it."""
    if not value:
        return _("空")
    if field in MOMENTS:
        return timezone.localtime(datetime.fromisoformat(value)).strftime("%Y-%m-%d %H:%M:%S")
    word, _colon, text = value.partition(":")
    if field == "kind":
        return write_kind(word, text)
    return write_channel(word, text) if field == "channel" else value


def guard_times(order: WorkOrder, cells: OrderCells, *, now: datetime) -> None:
    """Closed after it was reported, and not in the future; the order as it would become."""
    if cells.closed_at and cells.closed_at > now:
        raise RowRejected("closed_at", _("关闭时间在将来"))
    if order.closed_at and order.reported_at and order.closed_at < order.reported_at:
        raise RowRejected("closed_at" if cells.closed_at else "reported_at", _("关闭时间早于报修时间"))
