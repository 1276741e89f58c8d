"""Facts of each month that the KPIs need: settlement, closing time and policy numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from django.db.models import Exists, OuterRef, Q

from evaluations.models import EvaluationPolicy, Settlement
from improvement.models import SettledKpi
from improvement.revisits.due_dates import RevisitDeadlines
from satisfaction.calendars import days
from satisfaction.calendars.service_calendar import ServiceCalendar
from workorders.models import WorkOrder

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Frozen(TypedDict):
    """Whether KPIs were stored with the settlement."""

    is_frozen: bool


SettlementWithKpis: TypeAlias = "WithAnnotations[Settlement, Frozen]"


@dataclass(frozen=True)
class KpiMonth:
    """Facts of one month. `settlement`: id of the settlement in force. `is_frozen`: its KPIs are stored.

    `closing`: the time after which orders are too late, unless the month is history; None: still to come, or the
    month was reopened. `missing_self_points`: in a settled month, the points of orders without self-evaluation
    (domain §8.3).
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
        """Condition for orders closed in the month."""
        return Q(closed_on__range=(self.first, days.last_of_month(self.first)))

    @property
    def too_late(self) -> list[Q]:
        """Conditions for orders that no longer enter: completed after the settling or after `closing`."""
        late = [self.closed & Q(entered_at__gt=self.settled_at)] if self.settled_at else []
        if self.closing:
            late.append(self.closed & Q(entered_at__gt=self.closing) & Q(self.is_no_history))
        return late

    @property
    def is_no_history(self) -> Exists:
        """Whether an order came in before the month's end; evaluated once per statement, not per order."""
        orders = WorkOrder.objects.closed_between(self.first, days.last_of_month(self.first))
        return Exists(orders.filter(received_at__lt=days.start_of_day(days.next_month(self.first))))


def kpi_months(months: Iterable[date], *, now: datetime, deadlines: RevisitDeadlines) -> list[KpiMonth]:
    """Returns the facts of the months with these first days, in order. One query."""
    months = sorted(months)
    frozen = Exists(SettledKpi.objects.filter(settlement=OuterRef("pk")))
    every = Settlement.objects.filter(month__in=months).annotate(is_frozen=frozen).defer("snapshot", "policy")
    in_force = {one.month: one for one in every if one.reopened_at is None}
    reopened = {one.month for one in every if one.reopened_at is not None}
    found = []
    for month in months:
        closing = None if month in reopened else settling_time(month, deadlines)
        closing = closing if closing and closing < now else None
        found.append(make_kpi_month(month, in_force.get(month), closing, policy_in(month, deadlines)))
    return found


def make_kpi_month(
    month: date, settled: SettlementWithKpis | None, closing: datetime | None, policy: EvaluationPolicy
) -> KpiMonth:
    return KpiMonth(
        month,
        settlement=settled.pk if settled else None,
        is_frozen=settled is not None and settled.is_frozen,
        settled_at=settled.settled_at if settled else None,
        closing=closing,
        missing_self_points=policy.missing_self_points if settled else None,
        response_minutes=policy.response_minutes,
    )


def policy_in(month: date, deadlines: RevisitDeadlines) -> EvaluationPolicy:
    return next(policy for policy in deadlines.policies if policy.begins_on <= month)


def settling_time(month: date, deadlines: RevisitDeadlines) -> datetime:
    """Returns the same time as `evaluations.months.settles_at`, without a query."""
    policy = policy_in(month, deadlines)
    calendar = ServiceCalendar(policy.calendar, deadlines.overrides)
    return policy.closes_at(calendar.nth_service_day_of(days.next_month(month), policy.settle_service_day))
