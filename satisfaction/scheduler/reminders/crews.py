"""Reminders for crew leads: ratings, results, revisits, steps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone

from evaluations.deadlines import looks_back_to
from evaluations.feedback.results import days_to_acknowledge
from evaluations.self_evaluation.queries import awaiting_self_evaluation
from evaluations.self_evaluation.rules import RatingFacts
from improvement.projects.queries import overdue_steps
from improvement.revisits.due import DueRevisit, due_revisits
from improvement.revisits.queries import unfinished, with_standing
from improvement.revisits.who_revisits import who_revisits
from satisfaction.core.roles import Role
from satisfaction.notices.remind import Reminder
from workorders.models import WorkOrder

from .staff import PresentStaff


def self_evaluation_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Orders to rate, overdue ones and others. Two queries."""
    rows = (
        awaiting_self_evaluation()
        .order_by()
        .values("crew", "technician__user")
        .annotate(
            late=Count("pk", filter=Q(due_at__lt=staff.now)),
            waiting=Count("pk", filter=Q(due_at__gte=staff.now)),
            oldest=Min("closed_on", filter=Q(due_at__lt=staff.now)),
        )
    )
    late: Counter[int] = Counter()
    waiting: Counter[int] = Counter()
    oldest: dict[int, date] = {}
    for row in rows:
        for person in staff.acting_for(row["crew"], technician=row["technician__user"]):
            late[person] += row["late"]
            waiting[person] += row["waiting"]
            if row["oldest"]:
                oldest[person] = min(row["oldest"], oldest.get(person, row["oldest"]))
    url = reverse("evaluations:self_evaluation")
    for person, n in (+late).items():
        params = {"n": n, "day": oldest[person].isoformat()}
        yield Reminder(person, "self_evaluations_overdue", staff.period, params, url)
    for person, n in (+waiting).items():
        yield Reminder(person, "self_evaluations_waiting", staff.period, {"n": n}, url)


def result_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Days with visible results that the crew has not acknowledged. Two queries."""
    found: defaultdict[int, set[date]] = defaultdict(set)
    for awaiting in days_to_acknowledge(staff.leads, since=looks_back_to(staff.now), now=staff.now):
        for person in staff.acting_for(awaiting.crew):
            found[person].add(awaiting.day)
    for person, known in found.items():
        params = {"n": len(known), "day": min(known).isoformat()}
        yield Reminder(person, "results_waiting", staff.period, params, reverse("evaluations:results"))


def revisit_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Revisits to make, for the people who may make them today; managers if no lead may. Four queries."""
    orders = with_standing(WorkOrder.objects.filter(unfinished(staff.now)), now=staff.now)
    rows = due_revisits(orders.select_related("technician"), now=staff.now)
    late: Counter[int] = Counter()
    until: defaultdict[int, list[datetime]] = defaultdict(list)
    managers = set(staff.with_role(Role.MANAGER, Role.HEAD))
    for row in rows:
        for person in _visitors(row, staff, managers):
            if row.is_late:
                late[person] += 1
            elif row.due:
                until[person].append(row.due.at)
    url = reverse("improvement:revisits")
    for person, n in late.items():
        yield Reminder(person, "revisits_overdue", staff.period, {"n": n}, url)
    for person, moments in until.items():
        params = {"n": len(moments), "day": timezone.localtime(min(moments)).date().isoformat()}
        yield Reminder(person, "revisits_waiting", staff.period, params, url)


def _visitors(row: DueRevisit, staff: PresentStaff, managers: set[int]) -> Iterator[int]:
    order = row.order
    facts = RatingFacts(
        staff.leads.get(order.crew_id or 0, ()),
        technician=order.technician.user_id if order.technician else None,
    )
    for person in {lead.person for lead in facts.leads} | managers:
        if person in staff.roles and who_revisits(facts, person, is_manager=person in managers).may:
            yield person


def step_reminders(staff: PresentStaff) -> Iterator[Reminder]:
    """Overdue steps of improvement projects, for those who do, report or are responsible. One query."""
    found: Counter[int] = Counter()
    for step in overdue_steps(staff.today):
        concerned = {step.who_id, step.project.responsible_id}
        if step.crew_id:
            concerned |= set(staff.acting_for(step.crew_id))
        found.update(person for person in concerned if person in staff.roles)
    for person, n in found.items():
        yield Reminder(person, "steps_overdue", staff.period, _n(n), reverse("improvement:projects"))


def _n(n: int) -> dict[str, Any]:
    return {"n": n}
