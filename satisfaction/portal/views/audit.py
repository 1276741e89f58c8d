"""Who decided or changed what, a week at a time (§12: managers, heads, admins read)."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluations.querysets.visibility import viewer_of
from satisfaction.access import roles_required
from satisfaction.accounts.enums import Role
from satisfaction.calendars import days
from satisfaction.paging import page_of

from ..audit import Period, entries

WEEK = timedelta(days=6)


@roles_required(Role.MANAGER, Role.HEAD, Role.ADMIN)
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """The week that ends with the day in the address, else with today."""
    now = timezone.now()
    last = chosen_day(request) or days.local_day(now)
    period = Period(
        begins=days.begins(last - WEEK),
        ends=days.begins(last + timedelta(days=1)),
        viewer=viewer_of(request.user, now=now),  # type: ignore[arg-type]
        now=now,
    )
    page = page_of(request, entries(period))
    return render(request, "portal/audit.html", {"page": page, "first": last - WEEK, "last": last})


def chosen_day(request: HttpRequest) -> date | None:
    text = request.GET.get("day", "")
    return days.parse_day(text) if text else None
