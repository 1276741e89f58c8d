"""Sets deadlines of orders and recomputes them when the calendar changes (domain §2 Days, §8 last rule)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from satisfaction.calendars import days
from satisfaction.calendars.queries import load_calendar
from satisfaction.calendars.service_calendar import ServiceCalendar
from workorders.models import WorkOrder

from .deadline_rules import Deadlines, deadlines
from .enums import OPEN
from .models import Callback, EvaluationPolicy, Settlement

LOOKBACK_DAYS = 62


def looks_back_to(now: datetime) -> date:
    """Returns the oldest closing day that automatic tasks still process (domain §8)."""
    return days.local_day(now) - timedelta(days=LOOKBACK_DAYS)


class DeadlineMaker:
    """Computes deadlines; reads each month's policy and each calendar once."""

    def __init__(self) -> None:
        self.policies: dict[date, EvaluationPolicy] = {}
        self.calendars: dict[str, ServiceCalendar] = {}

    def policy(self, day: date) -> EvaluationPolicy:
        month = days.first_of_month(day)
        if month not in self.policies:
            self.policies[month] = EvaluationPolicy.objects.for_month(month)
        return self.policies[month]

    def calendar(self, day: date) -> ServiceCalendar:
        kind = self.policy(day).calendar
        if kind not in self.calendars:
            self.calendars[kind] = load_calendar(kind)
        return self.calendars[kind]

    def __call__(self, closed_on: date, entered_at: datetime) -> Deadlines:
        policy = self.policy(closed_on)
        return deadlines(
            closed_on=closed_on,
            entered_at=entered_at,
            calendar=self.calendar(closed_on),
            cutoff=policy.arrival_cutoff,
            close_of_business=policy.close_of_business,
            zone=timezone.get_default_timezone(),
        )

    def still_open(self, order: WorkOrder, *, now: datetime) -> tuple[datetime | None, datetime]:
        """Returns both deadlines by the current calendar; keeps a D+1 in the past and counts D+2 from it."""
        assert order.closed_on and order.entered_at and order.last_due_at
        due = self(order.closed_on, order.entered_at)
        if order.due_at is None or order.due_at >= now:
            return due.due_at, due.last_due_at
        last_on = self.calendar(order.closed_on).next_service_day(days.local_day(order.due_at))
        return order.due_at, self.policy(order.closed_on).closes_at(last_on)


def set_deadlines(orders: Iterable[WorkOrder], *, make: DeadlineMaker | None = None) -> int:
    """Sets due_at and last_due_at of complete, closed orders, in bulk; returns how many changed."""
    make = make or DeadlineMaker()
    changed = []
    for order in orders:
        came_in = order.entered_at or (None if order.missing else order.received_at)
        if order.closed_on is None or came_in is None:
            continue
        due = make(order.closed_on, came_in)
        if (order.due_at, order.last_due_at) != (due.due_at, due.last_due_at):
            order.due_at, order.last_due_at = due.due_at, due.last_due_at
            changed.append(order)
    WorkOrder.objects.bulk_update(changed, ["due_at", "last_due_at"], batch_size=500)
    return len(changed)


def without_deadline(now: datetime) -> QuerySet[WorkOrder]:
    """Returns orders in scope without a deadline, closed within the look-back and in an unsettled month."""
    settled = Settlement.objects.in_force().values_list("month", flat=True)
    orders = WorkOrder.objects.in_scope().filter(due_at__isnull=True, closed_on__gte=looks_back_to(now))
    for month in settled.filter(month__gte=looks_back_to(now).replace(day=1)):
        orders = orders.exclude(closed_on__range=(month, days.last_of_month(month)))
    return orders


@transaction.atomic
def recompute_open_deadlines(*, now: datetime) -> int:
    """Recomputes future deadlines of orders and their open callbacks after a calendar change (domain §2).

    Returns how many orders changed. Idempotent.
    """
    make, changed = DeadlineMaker(), []
    orders = WorkOrder.objects.select_for_update(of=("self",)).filter(last_due_at__gte=now)
    for order in orders.exclude(entered_at__isnull=True).order_by("pk"):
        fresh = make.still_open(order, now=now)
        if fresh != (order.due_at, order.last_due_at):
            order.due_at, order.last_due_at = fresh
            changed.append(order)
    WorkOrder.objects.bulk_update(changed, ["due_at", "last_due_at"], batch_size=500)
    _move_callbacks({order.pk: order for order in changed})
    return len(changed)


def _move_callbacks(orders: dict[int, WorkOrder]) -> None:
    """Moves open callbacks to the new deadline of their order; the draw register keeps the drawn day."""
    callbacks = Callback.objects.select_for_update().filter(state__in=OPEN, order__in=orders).order_by("pk")
    moved = []
    for callback in callbacks:
        order = orders[callback.order_id]
        callback.due_at = order.last_due_at if callback.postponed_at else order.due_at
        if callback.due_at:
            callback.calling_on = days.local_day(callback.due_at)
            moved.append(callback)
    Callback.objects.bulk_update(moved, ["due_at", "calling_on"], batch_size=500)


def set_deadlines_on_entry(orders: Iterable[WorkOrder], *, now: datetime) -> int:
    """Sets deadlines of orders that have just become complete, if closed within the look-back (domain §8).

    Returns how many changed.
    """
    return set_deadlines(without_deadline(now).filter(pk__in=[order.pk for order in orders]))
