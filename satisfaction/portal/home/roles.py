"""The home page of each role."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from evaluations.callbacks import views as callbacks
from evaluations.callbacks.queries import head_line
from evaluations.enums import ObjectionState
from evaluations.feedback import views_board as board
from evaluations.feedback.result_rows import make_result_row
from evaluations.feedback.results import results_for
from evaluations.models import EvaluationPolicy, Objection
from evaluations.scores.ranking import month_table
from evaluations.self_evaluation.queries import crews_without_lead, orders_to_rate_in_place, rating_counts
from evaluations.visibility import viewer_of
from improvement.revisits.due import due_revisits, orders_to_visit, overdue_revisits
from improvement.revisits.queries import OrderWithStanding, with_standing
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.calendars.enums import CalendarKind
from satisfaction.calendars.queries import load_years_without_make_up_days
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role
from satisfaction.jobs.models import Heartbeat, Job
from workorders.models import WorkOrder

from .crew import crew_home

TOP_COUNT = 5


def lead_home(request: UserRequest) -> HttpResponseBase:
    """Will we publish by close of business?"""
    return board.board(request)


def dispatcher_home(request: UserRequest) -> HttpResponseBase:
    """Whom do I phone now?"""
    return callbacks.desk(request)


def foreman_home(request: UserRequest) -> HttpResponse:
    """What must I rate, whom must I visit?"""
    now = timezone.now()
    person: User = request.user
    revisits = due_revisits(revisits_to_make(person, now=now)[:TOP_COUNT], now=now)
    return render(
        request, "portal/home/foreman.html", {**crew_home(person, now=now), "revisits": revisits, "now": now}
    )


def revisits_to_make(person: User, *, now: datetime) -> QuerySet[OrderWithStanding]:
    """Returns the person's open revisits, oldest first.

    A manager visits for crews without a lead or whose leads are all concerned (domain §9.1).
    """
    return with_standing(orders_to_visit(person, now=now), now=now).order_by("closed_on", "number")


def manager_home(request: UserRequest) -> HttpResponse:
    """Are we getting better, and what must I decide?"""
    now = timezone.now()
    person: User = request.user
    month = days.first_of_month(days.local_day(now))
    context: dict[str, Any] = {
        "head": head_line(person, now=now),
        "in_place": rating_counts(orders_to_rate_in_place(person.pk, now=now), now=now),
        "objections": Objection.objects.filter(state=ObjectionState.UNDECIDED).count(),
        "revisits": due_revisits(revisits_to_make(person, now=now)[:TOP_COUNT], now=now),
        "overdue_revisits": overdue_revisits(now, limit=TOP_COUNT),
        "is_head": person.has_role(Role.HEAD),
        "months": [month_summary(one) for one in (month, days.previous_month(month))],
        "now": now,
    }
    return render(request, "portal/home/manager.html", context)


def month_summary(month: date) -> dict[str, Any]:
    """Returns state, best technicians and crews, and sums of a month, from the table of the ranking page."""
    table = month_table(month)
    crews = table["crews"]
    sums = {key: sum(row[key] for row in crews) for key in ("orders", "taking_part", "dissatisfied")}
    return {
        "month": month,
        "state": table["state"],
        "best": [row for row in table["technicians"] if row["rank"]][:TOP_COUNT],
        "crews": [row for row in crews if row["rank"]][:TOP_COUNT],
        **sums,
    }


def admin_home(request: UserRequest) -> HttpResponse:
    """Is everything in, is everything running?"""
    now = timezone.now()
    context = {
        "missing_years": missing_years(days.local_day(now)),
        "jobs": list(Job.objects.select_related("by").order_by("-pk")[:8]),
        "incomplete": WorkOrder.objects.incomplete().count(),
        "orders_today": WorkOrder.objects.filter(
            received_at__gte=days.start_of_day(days.local_day(now))
        ).count(),
        "night": Heartbeat.objects.filter(name="catch_up").first(),
        "leaderless": list(crews_without_lead(days.local_day(now))),
        "now": now,
    }
    return render(request, "portal/home/admin.html", context)


def missing_years(today: date) -> list[int]:
    """Returns years without make-up days, if a present or future policy counts working days (domain §2.1)."""
    policies = EvaluationPolicy.objects.filter(begins_on__gt=today, calendar=CalendarKind.WORKING_DAYS)
    now_in_force = EvaluationPolicy.objects.for_month(days.first_of_month(today))
    if now_in_force.calendar == CalendarKind.WORKING_DAYS or policies.exists():
        return load_years_without_make_up_days(today)
    return []


def technician_home(request: UserRequest) -> HttpResponse:
    """How am I doing? The own months and own orders with published ratings, without other roles' rights."""
    now = timezone.now()
    person: User = request.user
    viewer = viewer_of(person, now=now)
    month = days.first_of_month(days.local_day(now))
    own = [own_month(one, viewer.technician) for one in (month, days.previous_month(month))]
    own_eyes = replace(viewer, sees_all=False, led_crews=frozenset())
    orders = results_for(own_eyes, now=now).prefetch_related("callback__problem_types")
    latest = orders.order_by("-closed_at", "-number")[:20]
    context = {
        "months": own,
        "rows": [make_result_row(order, own_eyes) for order in latest],
        "is_known": viewer.technician is not None,
    }
    return render(request, "portal/home/technician.html", context)


def own_month(month: date, technician: int | None) -> dict[str, Any]:
    table = month_table(month)
    row = next((row for row in table["technicians"] if row["id"] == technician), None)
    return {"month": month, "state": table["state"], "row": row}
