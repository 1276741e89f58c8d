"""Revisits with their due dates: for lists, the meeting and the home pages (domain §9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from evaluations.self_evaluation.queries import leads_by_crew
from evaluations.self_evaluation.rules import RatingFacts
from improvement.enums import RevisitStanding, RevisitState
from improvement.models import Revisit
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from workorders.models import CrewLead, WorkOrder

from .due_dates import RevisitDeadlines
from .queries import OrderWithStanding, overdue, unfinished, with_seen_at, with_standing
from .rules import DueDate, due_date
from .who_revisits import who_revisits


@dataclass(frozen=True)
class DueRevisit:
    """The revisit of an order, with or without a form. `is_dropped`: begun, but no longer needed.

    `seen_at`: the time from which the crew can see that the reporter was dissatisfied.
    """

    order: WorkOrder
    seen_at: datetime
    revisit: Revisit | None
    due: DueDate | None
    standing: RevisitStanding
    is_late: bool
    is_dropped: bool


def due_revisits(
    orders: Iterable[OrderWithStanding], *, now: datetime, deadlines: RevisitDeadlines | None = None
) -> list[DueRevisit]:
    """Returns one row per order, in the same sequence. `orders` come from `with_standing`. Three queries."""
    deadlines = deadlines or RevisitDeadlines()
    return [_row(order, deadlines, now) for order in orders]


def overdue_revisits(now: datetime, *, limit: int | None = None) -> list[DueRevisit]:
    """Returns the overdue revisits of all crews, oldest first; at most `limit`. Four queries."""
    deadlines = RevisitDeadlines()
    orders = overdue(
        with_standing(WorkOrder.objects.filter(unfinished(now)), now=now), deadlines.latest_before(now)
    )
    return due_revisits(orders.order_by("closed_on", "number")[:limit], now=now, deadlines=deadlines)


def count_overdue(orders: QuerySet[WorkOrder], *, now: datetime) -> int:
    """Returns how many of `orders`, all with an unfinished form, are overdue. Four queries."""
    return overdue(with_seen_at(orders), RevisitDeadlines().latest_before(now)).count()


def orders_to_visit(person: User, *, now: datetime) -> QuerySet[WorkOrder]:
    """Returns orders that `person` has to revisit today, as foreman, deputy or manager in place. Two queries."""
    return WorkOrder.objects.filter(unfinished(now) & visitor_is(person, now=now))


def visitor_is(person: User, *, now: datetime) -> Q:
    """Returns the condition for orders that `person` revisits today: `who_revisits` as a query."""
    today, is_manager = days.local_day(now), person.has_role(Role.MANAGER, Role.HEAD)
    crews = CrewLead.objects.in_office(today)
    if not is_manager:
        crews = crews.filter(person=person)
    by_crew = leads_by_crew(today, crews.values("crew"))
    mine = Q(pk__in=[])
    if who_revisits(RatingFacts(), person.pk, is_manager=is_manager).may:
        mine |= Q(crew__isnull=False) & ~Q(crew__in=list(by_crew))
    for crew, leads in by_crew.items():
        concerned = {lead.person for lead in leads}
        if who_revisits(RatingFacts(leads), person.pk, is_manager=is_manager).may:
            mine |= Q(crew=crew) & ~Q(technician__user__in=concerned)
        for one in concerned:
            if who_revisits(RatingFacts(leads, technician=one), person.pk, is_manager=is_manager).may:
                mine |= Q(crew=crew, technician__user=one)
    return mine & ~Q(technician__user=person.pk)


def _row(order: OrderWithStanding, deadlines: RevisitDeadlines, now: datetime) -> DueRevisit:
    revisit: Revisit | None = getattr(order, "revisit", None)
    until = _due(order, deadlines) if order.is_needed else None
    handed_in = revisit.submitted_at if revisit else None
    is_late = until is not None and (handed_in or now) > until.at
    return DueRevisit(
        order,
        order.seen_at,
        revisit,
        until,
        _standing(revisit, is_late=is_late, is_examined=order.is_examined),
        is_late,
        is_dropped=revisit is not None and not order.is_needed,
    )


def _due(order: OrderWithStanding, deadlines: RevisitDeadlines) -> DueDate:
    assert order.closed_on is not None
    return due_date(order.closed_on, days.local_day(order.seen_at), deadlines)


def _standing(revisit: Revisit | None, *, is_late: bool, is_examined: bool) -> RevisitStanding:
    if is_examined:
        return RevisitStanding.DECIDED
    if revisit is None:
        return RevisitStanding.OVERDUE if is_late else RevisitStanding.DUE
    if revisit.state == RevisitState.DRAFT and is_late:
        return RevisitStanding.OVERDUE
    return RevisitStanding(revisit.state)
