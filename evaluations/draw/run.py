"""One run of the draw for a closing day: draws undrawn orders; drawn orders never change (domain §5.7)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from evaluations.deadlines import looks_back_to, set_deadlines
from evaluations.enums import CallbackState, Group, MonthState, PostponedReason
from evaluations.guards import policy_of_month, refuse_settled_month
from evaluations.locks import hold_do_not_call, lock_orders
from evaluations.models import Callback, DoNotCall, DrawRun, EvaluationPolicy, Settlement
from evaluations.months import not_too_late
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from satisfaction.core.locks import acquire_lock, after_lock
from workorders.models import WorkOrder

from .gather import gather_draw_input
from .rules import Assignment, DrawInput, DrawResult, draw
from .seeds import day_secret, seed_of_day


@dataclass(frozen=True)
class DayDraw:
    """Result of one run. `orders`: in scope that day. `unassigned`: without a caller after the run.

    `dispatchers`, `managers`: number of orders by username. `run`: None when there was nothing to draw.
    """

    day: date
    orders: int
    assigned: int
    unassigned: int
    dispatchers: dict[str, int] = field(default_factory=dict)
    managers: dict[str, int] = field(default_factory=dict)
    debts: dict[str, int] = field(default_factory=dict)
    run: DrawRun | None = None
    worst_crew_deviation: Fraction | None = None
    worst_technician_deviation: Fraction | None = None


def undrawn_orders(day: date) -> QuerySet[WorkOrder]:
    """Returns orders closed on the day, in scope, not taken out, not too late for the month, and not drawn."""
    orders = WorkOrder.objects.in_scope().closed_on(day)
    return not_too_late(
        orders.filter(callback__isnull=True, taken_out__isnull=True), month=days.first_of_month(day)
    )


def days_to_draw(*, now: datetime) -> list[date]:
    """Returns the past days in the look-back, of unsettled months, with an undrawn or waiting order."""
    first, today = looks_back_to(now), days.local_day(now)
    undrawn = WorkOrder.objects.in_scope().filter(callback__isnull=True, taken_out__isnull=True)
    waiting = WorkOrder.objects.filter(callback__state=CallbackState.WAITING)
    found: set[date] = set()
    for orders in (undrawn, waiting):
        rows = orders.filter(closed_on__gte=first, closed_on__lt=today)
        found |= {day for day in rows.values_list("closed_on", flat=True).distinct().order_by() if day}
    settled = set(Settlement.objects.in_force().values_list("month", flat=True))
    return sorted(day for day in found if day.replace(day=1) not in settled)


@transaction.atomic
def draw_day(day: date, *, now: datetime, by: User | None = None, may_wait: bool = False) -> DayDraw:
    """Draws every undrawn order closed on `day`, and finds callers for waiting ones (domain §5).

    `may_wait`: orders received after the day's first run wait until they are drawn together (domain §5.5).

    Repeating it draws nothing twice. A lock serializes the runs of a month, which share their counts. Raises Refused
    for a day that is not over, or in a settled month.
    """
    acquire_lock(f"draw {day:%Y-%m}")
    hold_do_not_call()
    now = after_lock(now)
    _require_drawable_day(day, now)
    locked = [order.pk for order in lock_orders(undrawn_orders(day).values_list("pk", flat=True))]
    # Queried again: while waiting for the locks, an order may have been taken out or marked a duplicate.
    undrawn = undrawn_orders(day).filter(pk__in=locked)
    _set_aside(undrawn, now=now)
    new = list(undrawn.select_related("crew", "technician").order_by("number"))
    set_deadlines([order for order in new if order.due_at is None])
    if may_wait and DrawRun.objects.filter(day=day).exists() and not _is_late_draw_due(new, now):
        new = []
    waiting = list(_waiting(day).order_by("order__number"))
    result = _draw(day, new, waiting, now=now, by=by) if new or waiting else DayDraw(day, 0, 0, 0)
    return _with_day_counts(result)


def _is_late_draw_due(orders: list[WorkOrder], now: datetime) -> bool:
    """Whether an interval has ended since the first order was complete, or the deadline of an order is near."""
    if not orders:
        return False
    policy = EvaluationPolicy.objects.for_month(days.local_day(now))
    rush = timedelta(minutes=policy.late_draw_rush_minutes)
    if any(order.due_at and order.due_at - now < rush for order in orders):
        return True
    began = days.start_of_day(days.local_day(now))
    interval = timedelta(minutes=policy.late_draw_minutes)
    return min(order.entered_at or order.received_at for order in orders) < now - (now - began) % interval


def _require_drawable_day(day: date, now: datetime) -> None:
    if day >= days.local_day(now):
        raise Refused(_("%(day)s还没有结束,过了这一天才能抽取。") % {"day": day})
    refuse_settled_month(day, _("%(month)s已结算,不能再抽取;需要时请科室负责人先重开该月。"))
    policy_of_month(days.first_of_month(day))  # raises Refused before the first policy


def _set_aside(undrawn: QuerySet[WorkOrder], *, now: datetime) -> None:
    """Sets aside the orders of reporters on the do-not-call list, outside the 90/10 share (domain §3.9)."""
    keys = DoNotCall.objects.in_force(days.local_day(now)).values("phone_key")
    orders = undrawn.filter(Q(reporter_phone_key__in=keys) | Q(reporter_other_key__in=keys))
    Callback.objects.bulk_create(
        Callback(order=order, state=CallbackState.SET_ASIDE, ended_at=now) for order in orders
    )


def _waiting(day: date) -> QuerySet[Callback]:
    callbacks = Callback.objects.filter(state=CallbackState.WAITING).of_day(day)
    return callbacks.select_for_update(of=("self",)).select_related("order__crew", "order__technician")


def _draw(
    day: date, new: list[WorkOrder], waiting: list[Callback], *, now: datetime, by: User | None
) -> DayDraw:
    seed = seed_of_day(day, now=now)
    run_input = gather_draw_input(
        day=day,
        new=new,
        waiting=waiting,
        share=Fraction(EvaluationPolicy.objects.for_month(day).manager_share),
        seed=day_secret(seed),
        run=DrawRun.objects.filter(day=day).count() + 1,
        now=now,
    )
    drawn = draw(run_input)
    done = [a for a in drawn.assignments if a.caller]
    if not new and not done:
        return DayDraw(day, 0, 0, 0)  # no caller for the waiting orders: store no run
    run = DrawRun.objects.create(
        day=day,
        n=run_input.run,
        seed=seed,
        input=run_input.to_json(),
        output=drawn.to_json(),
        is_committed=seed.is_in_time
        and Settlement.objects.state_of(day.replace(day=1)) != MonthState.REOPENED,
        orders=len(drawn.assignments),
        at=now,
        by=by,
    )
    _store(run, drawn, new, waiting, now=now)
    return _summarize(run, run_input, drawn)


def _store(
    run: DrawRun, drawn: DrawResult, new: list[WorkOrder], waiting: list[Callback], *, now: datetime
) -> None:
    """Stores new callbacks in one insert and waiting ones with a caller in one update."""
    by_number = {assignment.number: assignment for assignment in drawn.assignments}
    callers = dict(User.objects.exclude(caller_group="").values_list("username", "pk"))
    Callback.objects.bulk_create(
        [_new_callback(run, order, by_number[order.number], callers, now) for order in new], batch_size=500
    )
    filled = [callback for callback in waiting if by_number[callback.order.number].caller]
    for callback in filled:
        assignment = by_number[callback.order.number]
        callback.state = CallbackState.ASSIGNED
        callback.caller_id = callback.drawn_caller_id = callers[assignment.caller or ""]
        callback.calling_on = callback.drawn_calling_on = assignment.calling_on
    Callback.objects.bulk_update(
        filled, ["state", "caller", "drawn_caller", "calling_on", "drawn_calling_on"], batch_size=500
    )


def _new_callback(
    run: DrawRun, order: WorkOrder, assignment: Assignment, callers: dict[str, int], now: datetime
) -> Callback:
    caller = callers[assignment.caller] if assignment.caller else None
    assert order.due_at and order.last_due_at
    is_moved = assignment.calling_on != days.local_day(order.due_at)
    return Callback(
        order=order,
        state=CallbackState.ASSIGNED if caller else CallbackState.WAITING,
        group=assignment.group,
        caller_id=caller,
        calling_on=assignment.calling_on,
        due_at=order.last_due_at if is_moved else order.due_at,
        run=run,
        drawn_group=assignment.group,
        drawn_caller_id=caller,
        drawn_calling_on=assignment.calling_on if caller else None,
        postponed_at=now if is_moved else None,
        postponed_reason=PostponedReason.NO_MANAGER if is_moved else "",
    )


def _summarize(run: DrawRun, run_input: DrawInput, drawn: DrawResult) -> DayDraw:
    by_group = {
        group: dict(
            sorted(Counter(a.caller for a in drawn.assignments if a.caller and a.group == group).items())
        )
        for group in Group.values
    }
    return DayDraw(
        day=run.day,
        orders=0,
        assigned=sum(1 for assignment in drawn.assignments if assignment.caller),
        unassigned=0,
        dispatchers=by_group[Group.DISPATCHER],
        managers=by_group[Group.MANAGER],
        debts=dict(drawn.debts),
        run=run,
        worst_crew_deviation=drawn.worst_crew_deviation,
        worst_technician_deviation=drawn.worst_technician_deviation,
    )


def _with_day_counts(result: DayDraw) -> DayDraw:
    in_scope = WorkOrder.objects.in_scope().closed_on(result.day).count()
    waiting = Callback.objects.filter(state=CallbackState.WAITING).of_day(result.day).count()
    return replace(result, orders=in_scope, unassigned=waiting)
