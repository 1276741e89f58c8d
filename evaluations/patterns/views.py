"""The patterns page for heads (domain §8.19)."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from evaluations.visibility import viewer_of
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.access import roles_required
from satisfaction.core.pagination import page_of
from satisfaction.core.params import int_param
from satisfaction.core.requests import UserRequest, hide_navigation_counts
from satisfaction.core.roles import Role
from workorders.models import Crew

from .queries import CREW_MEASURES, MEASURES, PatternScope
from .report import orders_of_measure, pattern_tables
from .rules import MIN_ORDERS, STANDARD_ERRORS


def pattern_scope(request: UserRequest, month: date | None) -> PatternScope:
    now = timezone.now()
    viewer = viewer_of(request.user, now=now)
    return PatternScope(month or days.first_of_month(days.local_day(now)), viewer, now)


@roles_required(Role.HEAD)
@require_safe
def patterns(request: UserRequest, month: date | None = None) -> HttpResponse:
    """Callers and crews compared with their groups."""
    hide_navigation_counts(request)
    scope = pattern_scope(request, month)
    following = days.next_month(scope.month)
    context = {
        "month": scope.month,
        "previous": days.previous_month(scope.month),
        "next": following if following <= days.local_day(scope.now) else None,
        "tables": pattern_tables(scope),
        "fewest": MIN_ORDERS,
        "errors": STANDARD_ERRORS,
        "is_partial": scope.viewer.has_crews_eyes,
    }
    return render(request, "evaluations/patterns/month.html", context)


@roles_required(Role.HEAD)
@require_safe
def pattern_orders(request: UserRequest, month: date) -> HttpResponse:
    """The orders behind one number: `?what=&who=`; `&whole=1` shows the orders of its denominator."""
    scope, what = pattern_scope(request, month), request.GET.get("what", "")
    who = int_param(request.GET.get("who", ""))
    if who is None:
        raise Http404
    is_whole = request.GET.get("whole") == "1"
    orders = orders_of_measure(scope, what, who, is_whole=is_whole)
    if orders is None:
        raise Http404
    measure = MEASURES[what]
    context = {
        "month": scope.month,
        "measure": measure,
        "who": get_object_or_404(Crew if measure in CREW_MEASURES else User, pk=who),
        "is_whole": is_whole,
        "page": page_of(request, orders),
    }
    return render(request, "evaluations/patterns/orders.html", context)
