"""Missing values and scope of an order (domain §3). Pure; `WorkOrderQuerySet` has the same rules in SQL."""

from __future__ import annotations

from workorders.enums import Channel, Kind, Missing, OutOfScope


def missing_parts(*, phone: str, crew: object, technician: object, kind: str, channel: str) -> list[Missing]:
    """Returns the values that an incomplete order lacks, in workbook column order."""
    have = {
        Missing.PHONE: phone,
        Missing.CREW: crew,
        Missing.TECHNICIAN: technician,
        Missing.KIND: kind,
        Missing.CHANNEL: channel,
    }
    return [part for part, value in have.items() if not value]


def out_of_scope(
    *, is_closed: bool, is_duplicate: bool, missing: list[Missing], kind: str, channel: str
) -> OutOfScope | None:
    """Returns why an order is not evaluated; None if it is in scope.

    `is_duplicate`: linked as a duplicate.
    """
    if not is_closed:
        return OutOfScope.NOT_CLOSED
    if kind == Kind.DUPLICATE or is_duplicate:
        return OutOfScope.DUPLICATE
    if missing:
        return OutOfScope.INCOMPLETE
    if kind != Kind.FAULT:
        return OutOfScope.NOT_FAULT
    return None if channel == Channel.HOTLINE else OutOfScope.NOT_HOTLINE
