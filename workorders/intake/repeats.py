"""Repeat repairs and duplicate registrations: linked by dispatch, decided by leads and heads (domain §3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.accounts.models import User
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.history import set_change_author
from workorders.enums import Kind
from workorders.models import WorkOrder
from workorders.people.crew_leads import people_of_crew

from .order_state import is_after_repair

IsFrozen = Callable[[WorkOrder], bool]
"""Whether an order was drawn or rated; called under its lock, so neither happens meanwhile (domain §3)."""


def repaired_at(order: WorkOrder) -> datetime | None:
    """Returns when the repair was finished, else when it was closed; None if neither is known (domain §3)."""
    return order.finished_at or order.closed_at


def earlier_order(number: str, *, of: WorkOrder) -> WorkOrder:
    """Returns the order with that number. Raises Refused: there is none, or the link would close a circle."""
    earlier = WorkOrder.objects.filter(number=number.strip()).first()
    if earlier is None:
        raise Refused(_("没有工单号为“%(number)s”的工单。") % {"number": number})
    seen = {of.pk}
    link: WorkOrder | None = earlier
    while link is not None:
        if link.pk in seen:
            raise Refused(_("%(number)s 不能是它自己的原工单。") % {"number": of.number})
        seen.add(link.pk)
        link = link.repeat_of or link.duplicate_of
    return earlier


@transaction.atomic
def link_repeat(order: WorkOrder, *, number: str, by: User) -> WorkOrder:
    """Links a repeat: the order is evaluated on its own and charged to the earlier one.

    Raises Refused: the order was reported before the earlier repair was finished. It is then a duplicate, and
    a lead or a head must mark it (domain §3).
    """
    order = WorkOrder.objects.select_for_update().get(pk=order.pk)
    earlier = earlier_order(number, of=order)
    if order.repeat_of_id == earlier.pk:
        return order
    _guard_duplicate(order)
    if order.reported_at and not is_after_repair(order.reported_at, repaired_at(earlier)):
        raise Refused(
            _("%(number)s 在原工单修复前报修,属于重复登记;请由调度长或科室负责人标记为重复登记。")
            % {"number": order.number}
        )
    order.repeat_of, order.original_number = earlier, earlier.number
    set_change_author(order, by=by)
    order.save(update_fields=["repeat_of", "original_number"])
    return order


@transaction.atomic
def mark_duplicate(order: WorkOrder, *, number: str, reason: str, by: User, is_frozen: IsFrozen) -> WorkOrder:
    """Marks a second report of an unfinished repair; it is never evaluated.

    Raises Refused: the order is frozen, the reason is blank, or the order was reported after the earlier
    repair was finished. In the last case it is a repeat, and only a head can exclude it (domain §3).

    Raises NotAllowed: the order belongs to the actor's own crew.
    """
    order = WorkOrder.objects.select_for_update().get(pk=order.pk)
    earlier = earlier_order(number, of=order)
    if order.duplicate_of_id == earlier.pk:
        return order
    _guard_own_crew(by, order)
    _guard_frozen(order, is_frozen)
    _guard_times(order, earlier)
    _guard_reason(reason)
    order.repeat_of, order.duplicate_of, order.original_number = None, earlier, earlier.number
    set_change_author(order, by=by, reason=reason)
    order.save(update_fields=["repeat_of", "duplicate_of", "original_number"])
    return order


@transaction.atomic
def unlink(order: WorkOrder, *, reason: str, by: User, is_frozen: IsFrozen) -> WorkOrder:
    """Removes the link to an earlier order; a duplicate becomes a fault order again.

    Raises Refused: the order is frozen or the reason is blank. Raises NotAllowed: the order, or the order it
    repeats, belongs to the actor's own crew.
    """
    order = WorkOrder.objects.select_for_update().get(pk=order.pk)
    if not (
        order.repeat_of_id or order.duplicate_of_id or order.kind == Kind.DUPLICATE or order.original_number
    ):
        return order
    _guard_own_crew(by, order, *filter(None, [order.repeat_of]))
    _guard_frozen(order, is_frozen)
    _guard_reason(reason)
    order.repeat_of = order.duplicate_of = None
    order.original_number = ""
    if order.kind == Kind.DUPLICATE:
        order.kind = Kind.FAULT
    set_change_author(order, by=by, reason=reason)
    order.save(update_fields=["repeat_of", "duplicate_of", "original_number", "kind"])
    return order


def _guard_duplicate(order: WorkOrder) -> None:
    if order.duplicate_of_id or order.kind == Kind.DUPLICATE:
        raise Refused(_("%(number)s 已标记为重复登记,请先解除。") % {"number": order.number})


def _guard_times(order: WorkOrder, earlier: WorkOrder) -> None:
    if is_after_repair(order.reported_at, repaired_at(earlier)):
        raise Refused(
            _(
                "%(number)s 在 %(earlier)s 修复(%(at)s)之后报修,是二次报修,不能标记为重复登记;"
                "不应参评的,请科室负责人剔除。"
            )
            % {
                "number": order.number,
                "earlier": earlier.number,
                "at": timezone.localtime(repaired_at(earlier)).strftime("%Y-%m-%d %H:%M"),
            }
        )


def _guard_own_crew(by: User, *orders: WorkOrder) -> None:
    """Raises NotAllowed: an order belongs to the actor's own crew.

    A duplicate is not evaluated, and a repeat counts against the earlier order's crew.
    """
    if any(by.pk in people_of_crew(order) for order in orders):
        raise NotAllowed(_("涉及本人工班的工单,由另一位调度长或科室负责人标记或解除。"))


def _guard_frozen(order: WorkOrder, is_frozen: IsFrozen) -> None:
    if is_frozen(order):
        raise Refused(_("%(number)s 已抽取、已自评或所属月份已结算,不能再改。") % {"number": order.number})


def _guard_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused(_("请写明原因。"))
