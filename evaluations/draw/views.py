"""Pages to check the draw: published seeds, runs, register and replay (domain §5.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluations.models import DaySeed, DrawRun, Settlement
from evaluations.visibility import orders_visible_to, viewer_of, with_visibility
from satisfaction.calendars import days
from satisfaction.core.access import everybody_signed_in, roles_required
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role

from .queries import (
    drawn_of_day,
    loads_of_day,
    manager_debts,
    orders_by_importer,
    runs_of_month,
    seeds_of_month,
)
from .replay import replay_day

READERS = (Role.DISPATCHER, Role.LEAD, Role.MANAGER, Role.HEAD, Role.ADMIN)


@everybody_signed_in
@require_safe
def draws(request: UserRequest, month: date | None = None) -> HttpResponse:
    """The SHA-256 values of a month's seeds for everybody, and its runs for readers of the draw."""
    now = timezone.now()
    today = days.local_day(now)
    month = month or days.first_of_month(today)
    context = {
        "month": month,
        "previous": days.previous_month(month),
        "next": days.next_month(month) if month < days.first_of_month(today) else None,
        "seeds": list(seeds_of_month(month, today=today)),
        "next_month": days.next_month(month),
        "is_settled": Settlement.objects.is_settled(month),
        "may_read_runs": request.user.has_role(*READERS),
    }
    if context["may_read_runs"]:
        context |= runs_and_debts(request, month, now)
    return render(request, "evaluations/draw/month.html", context)


def runs_and_debts(request: UserRequest, month: date, now: datetime) -> dict[str, Any]:
    own = viewer_of(request.user, now=now).own_crews
    return {
        "page": page_of(request, runs_of_month(month)),
        "owed": manager_debts(month, except_for=own),
        "is_over": month < days.first_of_month(days.local_day(now)),
    }


@roles_required(*READERS)
@require_safe
def draw_of_day(request: UserRequest, day: date) -> HttpResponse:
    """One day: its runs, orders per caller, the register and, with `?replay`, the replay (read-only)."""
    now = timezone.now()
    viewer = viewer_of(request.user, now=now)
    visible = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now)
    context = {
        "day": day,
        "runs": _runs(day),
        "loads": loads_of_day(visible, day),
        "page": page_of(request, drawn_of_day(visible, day)),
        "replay": replay_day(day) if "replay" in request.GET else None,
        "seed": DaySeed.objects.filter(day=day).first(),
        "is_settled": Settlement.objects.is_settled(day),
    }
    return render(request, "evaluations/draw/day.html", context)


@dataclass(frozen=True)
class RunOfDay:
    """A run of the draw, with names and numbers of orders of the people who imported or completed them.

    `brought_in` is empty for the first run of a day (domain §5).
    """

    run: DrawRun
    brought_in: list[tuple[str, int]]


def _runs(day: date) -> list[RunOfDay]:
    found = orders_by_importer(day)
    runs = DrawRun.objects.filter(day=day).select_related("seed").defer("input", "output")
    return [RunOfDay(run, found.get(run.n, [])) for run in runs]
