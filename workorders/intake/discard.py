"""Discards an order imported by mistake, such as a note below the table (domain §3, §11)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from satisfaction.accounts.models import User
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.roles import Role
from workorders.models import WorkOrder
from workorders.phones import masked

from .order_state import OrderState


@transaction.atomic
def discard_order(order: WorkOrder, *, reason: str, by: User, now: datetime) -> None:
    """Deletes an order; the audit event keeps its values. Repeating the call changes nothing.

    Raises NotAllowed: `by` is not an admin. Raises Refused: the order is closed, something refers to it, or
    the reason is blank.
    """
    if not by.has_role(Role.ADMIN):
        raise NotAllowed(_("只有系统管理员可以删除误入的工单。"))
    found = WorkOrder.objects.select_for_update(of=("self",)).filter(pk=order.pk).first()
    if found is None:
        return
    if found.closed_at is not None:
        raise Refused(
            _("%(number)s已关闭，不能删除；不应评价的请科室负责人剔除。") % {"number": found.number}
        )
    if not reason.strip():
        raise Refused(_("请写明原因。"))
    record_event(
        AuditKind.ORDER_DISCARDED,
        by=by,
        at=now,
        subject=found,
        reason=reason.strip(),
        details=_stored(found),
    )
    try:
        found.delete()
    except ProtectedError as error:
        raise Refused(
            _("%(number)s已有评价，或是其它工单的原工单，不能删除。") % {"number": found.number}
        ) from error


def _stored(order: WorkOrder) -> dict[str, str]:
    """Returns the order's values that are not blank; phones are masked."""
    phone = order.reporter_phone or order.undialable_phone
    stored = OrderState.of(order).values() | {
        "reporter_phone": masked(phone),
        "received_at": order.received_at.isoformat(),
    }
    return {field: value for field, value in stored.items() if value}
