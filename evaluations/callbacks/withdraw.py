"""Ends callbacks without a call: order taken out, number on do-not-call list, month settled (domain §6)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from evaluations.deciders import require_decider
from evaluations.enums import ENDED_BY_CALL, OPEN, CallbackState, WithdrawnReason
from evaluations.guards import refuse_settled
from evaluations.locks import hold_do_not_call, lock_callbacks
from evaluations.models import Callback, DoNotCall, TakenOut
from evaluations.visibility import viewer_of
from evaluations.who_decides import Decider, who_decides
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock
from satisfaction.core.roles import Role
from workorders.intake.complete import checked_phone
from workorders.models import WorkOrder
from workorders.phones import phone_key, phones, with_phone

from .guards import NO_HOLD

OWN_REPORTERS_FOR = timedelta(days=90)


def withdraw(which: Q, *, why: WithdrawnReason, now: datetime) -> list[Callback]:
    """Withdraws the open callbacks among `which` and returns them. Must run inside a transaction."""
    rows = lock_callbacks(which & Q(state__in=OPEN))
    Callback.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=CallbackState.WITHDRAWN,
        withdrawn_reason=why,
        ended_at=now,
        ended_by=None,
        **NO_HOLD,
    )
    return rows


def withdraw_month(month: date, *, now: datetime) -> list[Callback]:
    """Withdraws the month's open callbacks on settlement, inside the same transaction (domain §8)."""
    of_month = Q(order__closed_on__range=(month, days.last_of_month(month)))
    return withdraw(of_month, why=WithdrawnReason.MONTH_SETTLED, now=now)


@transaction.atomic
def take_out(order: WorkOrder, *, by: User, reason: str, now: datetime) -> TakenOut:
    """Excludes an order from evaluation before its callback is recorded (domain §3); withdraws the callback.

    A head decides, except on orders he or she rated; if every head is concerned, another manager decides and
    the record is marked. Repeating it returns the first decision.
    Raises Refused: already recorded (object instead, domain §7), out of scope, settled, no reason.
    Raises NotAllowed: `by` may not decide, or belongs to the order's crew: the reply would reveal whether a
    call has ended (domain §4).
    """
    order = WorkOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
    callbacks = lock_callbacks(Q(order=order))
    now = after_lock(now)
    _guard_own_crew(order, by, now=now)
    is_by_stand_in = require_decider(order, by)
    existing = TakenOut.objects.filter(order=order).first()
    if existing:
        return existing
    _guard_take_out(order, callbacks, reason)
    withdraw(Q(order=order), why=WithdrawnReason.TAKEN_OUT, now=now)
    return TakenOut.objects.create(
        order=order, reason=reason.strip(), by=by, at=now, is_by_stand_in=is_by_stand_in
    )


def _guard_own_crew(order: WorkOrder, by: User, *, now: datetime) -> None:
    viewer = viewer_of(by, now=now)
    if viewer.is_blind_as_the_crew(crew=order.crew_id, technician=order.technician_id, day=order.closed_on):
        raise NotAllowed(
            _("%(number)s是您所在工班的工单,请由另一位科室负责人决定是否剔除。") % {"number": order.number}
        )


def _guard_take_out(order: WorkOrder, callbacks: list[Callback], reason: str) -> None:
    refuse_settled(order)
    if order.out_of_scope:
        raise Refused(
            _("%(number)s本来就不参加评价(%(why)s),无须剔除。")
            % {"number": order.number, "why": order.out_of_scope.label}
        )
    if any(row.state in ENDED_BY_CALL for row in callbacks):
        raise Refused(
            _("%(number)s的回访已有结果,不能再剔除;工长可在期限内申诉。") % {"number": order.number}
        )
    if not reason.strip():
        raise Refused(_("剔除工单须写明原因。"))


@transaction.atomic
def put_on_do_not_call(
    *, phone: str, name: str = "", reason: str, until_on: date, by: User, now: datetime
) -> DoNotCall:
    """Lists a reporter's number until a day (inclusive) and withdraws open callbacks to it (domain §3, §6).

    Repeating the same entry returns the first one. A head decides, or a manager if every head is concerned.
    Raises Refused: listed with another reason or day, no reason, a past day, an undialable number or several.
    Raises NotAllowed: `by` may not decide, or belongs to a crew that repaired for this number in the last
    90 days (another head decides).
    """
    if not by.has_role(Role.HEAD, Role.MANAGER):
        raise NotAllowed(_("免打扰名单由科室负责人登记。"))
    phone = checked_phone(phone)
    if len(phones(phone)) > 1:
        raise Refused(_("一次只登记一个号码；有两个号码请登记两次。"))
    key = phone_key(phone)
    hold_do_not_call()
    now = after_lock(now)
    is_by_stand_in = _require_lister(key, by, now=now)
    today = days.local_day(now)
    entry = DoNotCall.objects.select_for_update().filter(phone_key=key, ended_at__isnull=True).first()
    if entry and entry.until_on >= today:
        return _same_entry(entry, reason=reason, until_on=until_on)
    _guard_entry(reason, until_on, today)
    if entry:
        _end(entry, by=by, now=now)  # expired: ended to allow the new entry
    withdraw(with_phone([key], "order__"), why=WithdrawnReason.DO_NOT_CALL, now=now)
    return DoNotCall.objects.create(
        phone=phone,
        phone_key=key,
        name=name.strip(),
        reason=reason.strip(),
        until_on=until_on,
        by=by,
        at=now,
        is_by_stand_in=is_by_stand_in,
    )


def _require_lister(key: str, by: User, *, now: datetime) -> bool:
    """Returns whether `by` acts as a stand-in.

    Raises NotAllowed: wrong role, or the number of a reporter for whom the crew of `by` recently worked.
    """
    since = now - OWN_REPORTERS_FOR
    orders = list(
        WorkOrder.objects.filter(with_phone([key]), closed_at__gte=since)
        .values_list("crew", "technician", "closed_on")
        .distinct()
    )

    def is_concerned(person: User) -> bool:
        viewer = viewer_of(person, now=now)
        return any(viewer.is_blind_as_the_crew(crew=c, technician=t, day=day) for c, t, day in orders)

    people = User.objects.active()
    heads = list(people.with_role(Role.HEAD))
    as_what = who_decides(
        by.pk,
        heads={head.pk for head in heads},
        managers=set(people.with_role(Role.MANAGER).values_list("pk", flat=True)),
        concerned={person.pk for person in {*heads, by} if is_concerned(person)},
    )
    if as_what is None:
        raise NotAllowed(
            _(
                "免打扰名单由科室负责人登记;报修人是登记人自己工班的,由另一名科室负责人登记,"
                "科室负责人都有关的,由一名管理人员登记。"
            )
        )
    return as_what is Decider.STAND_IN


def may_list_numbers(person: User, *, now: datetime) -> bool:
    """Whether to offer the form: to heads, and to others (managers) if every head belongs to a crew."""
    if person.has_role(Role.HEAD):
        return True
    heads = User.objects.active().with_role(Role.HEAD)
    return all(viewer_of(head, now=now).has_crews_eyes for head in heads)


def _same_entry(entry: DoNotCall, *, reason: str, until_on: date) -> DoNotCall:
    if (entry.reason, entry.until_on) == (reason.strip(), until_on):
        return entry
    raise Refused(
        _("这个号码已在免打扰名单上(至 %(until)s);要改期限或原因,请先结束那一条。")
        % {"until": entry.until_on}
    )


def _guard_entry(reason: str, until_on: date, today: date) -> None:
    if not reason.strip():
        raise Refused(_("列入免打扰名单须写明原因。"))
    if until_on < today:
        raise Refused(_("截止日期已过,请选今天或以后的日子。"))


@transaction.atomic
def end_do_not_call(entry: DoNotCall, *, by: User, now: datetime) -> DoNotCall:
    """Ends the entry so that the number may be called again; withdrawn or set-aside callbacks stay so.

    Repeating it returns the first ending. Raises NotAllowed: `by` is not a head.
    """
    if not by.has_role(Role.HEAD):
        raise NotAllowed(_("免打扰名单由科室负责人登记和结束。"))
    hold_do_not_call()
    entry = DoNotCall.objects.select_for_update().get(pk=entry.pk)
    now = after_lock(now)
    return entry if entry.ended_at else _end(entry, by=by, now=now)


def _end(entry: DoNotCall, *, by: User, now: datetime) -> DoNotCall:
    entry.ended_by, entry.ended_at = by, now
    entry.save(update_fields=["ended_by", "ended_at"])
    return entry
