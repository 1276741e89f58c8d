"""Locks and checks shared by all actions on callbacks (domain §6)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.enums import CallbackState, Group, Outcome
from evaluations.guards import policy_of
from evaluations.locks import lock_callbacks
from evaluations.models import Callback, CallbackAttempt, EvaluationPolicy
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.formats import format_clock, format_short_minute
from satisfaction.core.roles import Role
from workorders.models import WorkOrder
from workorders.phones import with_phone
from workorders.spelling import same_word

from .queries import concerning
from .rules import CallingHours, may_end_unreachable

IN_VAIN = (Outcome.NO_ANSWER, Outcome.BUSY, Outcome.CALL_LATER)
"""Unsuccessful attempts at the reporter's own number; a wrong number does not count."""

HOLD = ("held_by", "held_until", "held_since")
NO_HOLD = dict.fromkeys(HOLD)


class AlreadyEnded(Refused):
    """The callback already ended with another result; `callback` holds its current state."""

    def __init__(self, callback: Callback) -> None:
        self.callback = callback
        super().__init__(told_end(callback))


class Held(Refused):
    """Another caller holds this reporter until `until`."""

    def __init__(self, by: User, until: datetime) -> None:
        self.by, self.until = by, until
        values = {"who": by, "until": format_clock(until)}
        super().__init__(_("%(who)s正在与这位报修人通话(占用至 %(until)s),请先回访下一位。") % values)


def told_end(callback: Callback) -> str:
    """Returns a sentence that says how the callback ended and what to do instead."""
    number, state = callback.order.number, callback.get_state_display()
    if callback.state == CallbackState.WITHDRAWN:
        return _("%(number)s的回访已撤回(%(why)s),不再拨打。") % {
            "number": number,
            "why": callback.get_withdrawn_reason_display(),
        }
    if callback.state == CallbackState.SET_ASIDE:
        return _("%(number)s的报修人在免打扰名单上,不拨打。") % {"number": number}
    who = str(callback.ended_by) if callback.ended_by else _("系统")
    at = format_short_minute(callback.ended_at) if callback.ended_at else ""
    values = {"number": number, "who": who, "at": at, "state": state}
    return _("%(number)s已由%(who)s于%(at)s记录为“%(state)s”,这次填写没有保存;需要修改请用“更正”。") % values


def hours_of(policy: EvaluationPolicy) -> CallingHours:
    return CallingHours(
        begins=policy.calling_from,
        ends=policy.calling_until,
        half_day_split=policy.half_day_split,
        zone=timezone.get_default_timezone(),
    )


def refuse_not_assigned(callback: Callback) -> None:
    """Raises AlreadyEnded unless the callback is assigned."""
    if callback.state != CallbackState.ASSIGNED:
        raise AlreadyEnded(callback)


def require_caller(callback: Callback, by: User, *, is_saving: bool = False) -> None:
    """Raises NotAllowed: `by` is not its caller. `is_saving`: the message adds that nothing was saved."""
    if callback.caller_id == by.pk:
        return
    values = {"number": callback.order.number, "who": callback.caller}
    if is_saving:
        raise NotAllowed(_("%(number)s现在由%(who)s回访,这次填写没有保存。") % values)
    raise NotAllowed(_("%(number)s由%(who)s回访。") % values)


def refuse_wrong_number(callback: Callback) -> None:
    """Raises Refused: the wrong number is not corrected yet."""
    if callback.has_wrong_number:
        raise Refused(_("%(number)s的电话号码有误,更正后才能拨打。") % {"number": callback.order.number})


def refuse_held(callback: Callback, person: User, now: datetime) -> None:
    """Raises Held while another caller holds the callback."""
    if is_held_by_other(callback, person, now):
        assert callback.held_by and callback.held_until
        raise Held(callback.held_by, callback.held_until)


def lead_of(group: str) -> Role:
    """Returns the role responsible for the group: lead for dispatchers, head for managers (domain §5.7)."""
    return Role.HEAD if group == Group.MANAGER else Role.LEAD


def refuse_concerned(callback: Callback, by: User) -> None:
    """Raises NotAllowed: the order concerns `by` (domain §5.6).

    The draw excludes such people, but `by` may have become the crew's lead after it.
    """
    name = same_word(by.name)
    is_reporter = name != "" and name == same_word(
        callback.order.reporter_name
    )  # SQL does not fold character width
    if is_reporter or Callback.objects.filter(pk=callback.pk).filter(concerning(by)).exists():
        raise NotAllowed(
            _("%(number)s与您有关,不能由您回访;请调度长(管理人员的由科室负责人)改派。")
            % {"number": callback.order.number}
        )


def lock_callback(callback: Callback) -> Callback:
    return lock_callbacks(Q(pk=callback.pk))[0]


def of_reporter(order: WorkOrder) -> Q:
    """Filters callbacks whose orders share a number with `order`; without a dialable number, only its own."""
    return with_phone(order.phone_keys, "order__") if order.phone_keys else Q(order=order)


def lock_reporter(callback: Callback, *, and_held_by: User | None = None) -> tuple[Callback, list[Callback]]:
    """Locks and returns the callback and the reporter's other assigned callbacks of both groups.

    With `and_held_by`, the same statement also locks the other callbacks that this person holds. The ids are
    selected first, each part by its own index: one combined condition would scan all orders.
    """
    order = WorkOrder.objects.get(pk=callback.order_id)
    ids = Callback.objects.filter(of_reporter(order), state=CallbackState.ASSIGNED).values_list(
        "pk", flat=True
    )
    if and_held_by is not None:
        ids = ids.union(Callback.objects.filter(held_by=and_held_by).values_list("pk", flat=True))
    rows = lock_callbacks(Q(pk__in={callback.pk, *ids}))
    target = next(row for row in rows if row.pk == callback.pk)
    return target, [row for row in rows if row.pk != callback.pk and _still_concerns(row, order, and_held_by)]


def _still_concerns(row: Callback, order: WorkOrder, holder: User | None) -> bool:
    """The callback may have ended or been released while waiting for the lock."""
    if holder is not None and row.held_by_id == holder.pk:
        return True
    return row.state == CallbackState.ASSIGNED and bool(order.phone_keys & row.order.phone_keys)


def same_reporter(one: Callback, other: Callback) -> bool:
    return bool(one.order.phone_keys & other.order.phone_keys)


def is_held_by_other(callback: Callback, person: User, now: datetime) -> bool:
    return (
        callback.held_by_id is not None
        and callback.held_by_id != person.pk
        and callback.held_until is not None
        and callback.held_until > now
    )


def clear_hold(callback: Callback) -> tuple[str, ...]:
    """Clears the hold of the locked callback without saving; returns the names of the fields to save."""
    callback.held_by = callback.held_until = callback.held_since = None
    return HOLD


def clear_holds(callbacks: QuerySet[Callback]) -> None:
    callbacks.update(**NO_HOLD)


def may_give_up(callback: Callback, *, also_at: datetime | None = None) -> bool:
    """Whether the caller may now end it as unreachable; `also_at` counts as one more attempt (domain §6)."""
    attempts = callback.attempts.filter(outcome__in=IN_VAIN).values_list("started_at", flat=True)
    return enough_tried(callback.order, [*attempts, *([also_at] if also_at else [])])


def enough_tried(order: WorkOrder, attempts: list[datetime]) -> bool:
    policy = policy_of(order)
    return may_end_unreachable(
        attempts,
        max_attempts=policy.max_attempts,
        min_half_days=policy.min_half_days,
        hours=hours_of(policy),
    )


def attempt_with(token: UUID | None) -> CallbackAttempt | None:
    """Returns the attempt already recorded from the same form, if any."""
    return CallbackAttempt.objects.filter(token=token).select_related("callback").first() if token else None


def calling_day(callback: Callback, now: datetime) -> date:
    """Returns the calling day, or today if that day has passed."""
    return max(callback.calling_on or days.local_day(now), days.local_day(now))
