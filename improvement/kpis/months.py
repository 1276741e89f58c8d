"""What differs from month to month for the KPIs: settled or not, who comes too late, the policy's numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q

from evaluations.models import EvaluationPolicy, Settlement
from improvement.models import SettledKpi
from improvement.revisits.due_dates import Slots
from satisfaction.calendars import days
from satisfaction.calendars.service_calendar import ServiceCalendar
from workorders.models import WorkOrder


@dataclass(frozen=True)
class KpiMonth:
    """`settlement`: id of the one in force; `is_frozen`: its KPIs are stored.

    `closing`: the moment after which orders come too late, unless the month is history; None: it is not over, or
    the month was reopened. `missing_self_points`: of a settled month, what an order without self-evaluation took
    part with (§8).
    """

    first: date
    settlement: int | None
    is_frozen: bool
    settled_at: datetime | None
    closing: datetime | None
    missing_self_points: int | None
    response_minutes: int

    @property
    def closed(self) -> Q:
        """Orders closed in the month."""
        return Q(closed_on__range=(self.first, days.last_of_month(self.first)))

    @property
    def too_late(self) -> list[Q]:
        """Orders that no longer enter: complete only after the settling, or after its moment (§8)."""
        late = [self.closed & Q(entered_at__gt=self.settled_at)] if self.settled_at else []
        if self.closing:
            late.append(self.closed & Q(entered_at__gt=self.closing) & Q(self.is_no_history))
        return late

    @property
    def is_no_history(self) -> Exists:
        """At least one order came in before the month's end: asked once a statement, not once an order."""
        orders = WorkOrder.objects.closed_between(self.first, days.last_of_month(self.first))
        return Exists(orders.filter(received_at__lt=days.begins(days.next_month(self.first))))


def kpi_months(months: Iterable[date], *, now: datetime, slots: Slots) -> list[KpiMonth]:
    """The facts of these months (their first days), by month. One query."""
    months = sorted(months)
    frozen = Exists(SettledKpi.objects.filter(settlement=OuterRef("pk")))
    every = Settlement.objects.filter(month__in=months).annotate(is_frozen=frozen).defer("snapshot", "policy")
    in_force = {one.month: one for one in every if one.reopened_at is None}
    reopened = {one.month for one in every if one.reopened_at is not None}
    found = []
    for month in months:
        closing = None if month in reopened else settles_at(month, slots)
        closing = closing if closing and closing < now else None
        found.append(fact(month, in_force.get(month), closing, policy_of(month, slots)))
    return found


def fact(
    month: date, settled: Settlement | None, closing: datetime | None, policy: EvaluationPolicy
) -> KpiMonth:
    return KpiMonth(
        month,
        settlement=settled.pk if settled else None,
        is_frozen=bool(settled and settled.is_frozen),  # type: ignore[attr-defined]
        settled_at=settled.settled_at if settled else None,
        closing=closing,
        missing_self_points=policy.missing_self_points if settled else None,
        response_minutes=policy.response_minutes,
    )


def policy_of(month: date, slots: Slots) -> EvaluationPolicy:
    return next(policy for policy in slots.policies if policy.begins_on <= month)


def settles_at(month: date, slots: Slots) -> datetime:
    """As evaluations.months has it, without asking the database again."""
    policy = policy_of(month, slots)
    calendar = ServiceCalendar(policy.calendar, slots.overrides)
    return policy.closes_at(calendar.nth_service_day_of(days.next_month(month), policy.settle_service_day))
