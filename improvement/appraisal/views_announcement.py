"""The announcement of star and winning crew on one A4 page (domain §8.7)."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from satisfaction.calendars import days
from satisfaction.core.access import everybody_signed_in
from satisfaction.core.requests import UserRequest, hide_navigation_counts

from .announcement import find_announcement, withdrawn_announcement
from .queries import latest_settled_month


@everybody_signed_in
@require_safe
def announcement(request: UserRequest, month: date | None = None) -> HttpResponse:
    """The announcement of a settled month, by default the latest."""
    month = month or latest_settled_month() or days.first_of_month(timezone.localdate())
    if month > timezone.localdate():
        raise Http404
    hide_navigation_counts(request)
    context = {"month": month, "found": find_announcement(month), "earlier": withdrawn_announcement(month)}
    return render(request, "improvement/appraisal/announcement/page.html", context)
