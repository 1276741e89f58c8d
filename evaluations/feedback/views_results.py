"""Pages of the crews' results by crew and day, with both ratings, and acknowledgement (domain §7.2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from evaluations.deadlines import looks_back_to
from evaluations.models import Settlement
from evaluations.self_evaluation.queries import leads_by_crew
from evaluations.self_evaluation.rules import RatingFacts, acts_as_lead
from evaluations.visibility import Viewer, VisibleOrder, viewer_of
from satisfaction.calendars import days
from satisfaction.core.access import everybody_signed_in, roles_required
from satisfaction.core.errors import Refused
from satisfaction.core.pagination import page_of
from satisfaction.core.params import int_param
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import CREW_LEADS, Role
from workorders.models import Crew, WorkOrder

from . import views_objections as objections
from .acknowledge import acknowledge
from .forms import AcknowledgeForm
from .objections import objection_deadlines
from .result_rows import CrewDay, group_by_crew_day
from .results import (
    crew_news,
    days_to_acknowledge,
    is_news,
    last_acknowledged,
    latest_day,
    neighbour_days,
    results_for,
)

CREWS_A_PAGE = 10


@everybody_signed_in
@require_safe
def results(request: UserRequest) -> HttpResponse:
    """The results of one day by crew; technicians who lead no crew see their own orders."""
    now = timezone.now()
    viewer = viewer_of(request.user, now=now)
    orders = results_for(viewer, now=now)
    if not viewer.sees_all and not viewer.led_crews:
        return own_results(request, orders, viewer)
    crew = chosen_crew(request)
    if crew:
        orders = orders.filter(crew=crew)
    day = chosen_day(request) or latest_day(orders)
    context: dict[str, Any] = {"day": day, "crew": crew, "now": now, "crews": list(crews_to_choose(viewer))}
    context["awaiting"] = days_awaiting(viewer, now)
    is_settled = day is not None and Settlement.objects.is_settled(day)
    context["corrects"] = request.user.has_role(Role.HEAD) and not is_settled
    context["opens_objections"] = request.user.has_role(*objections.READERS)
    if day:
        context |= day_context(request, orders, viewer, day, now)
    return render(request, "evaluations/feedback/results/results.html", context)


def day_context(
    request: UserRequest, orders: QuerySet[VisibleOrder], viewer: Viewer, day: date, now: datetime
) -> dict[str, Any]:
    """Returns the day's crews (ten per page) with their orders, and the neighbouring days."""
    before, after = neighbour_days(orders, day)
    of_the_day = orders.filter(closed_on=day)
    names = of_the_day.order_by("crew__name", "crew").values_list("crew", "crew__name").distinct()
    page = page_of(request, names, size=CREWS_A_PAGE)
    crews = [pk for pk, _name in page]
    found = list(of_the_day.filter(crew__in=crews).prefetch_related("callback__problem_types"))
    acting = crews_acting_for(request.user.pk, viewer, now)
    groups = group_by_crew_day(found, viewer, objectable_orders(found, acting, day, now))
    add_acknowledgements(groups, viewer, acting, day, now)
    return {"groups": groups, "page": page, "before": before, "after": after}


def own_results(request: UserRequest, orders: QuerySet[VisibleOrder], viewer: Viewer) -> HttpResponse:
    """A technician's own orders with published results, latest first."""
    page = page_of(request, orders.prefetch_related("callback__problem_types"), size=30)
    context = {"groups": group_by_crew_day(page, viewer), "page": page, "is_own": True}
    return render(request, "evaluations/feedback/results/results.html", context)


@roles_required(*CREW_LEADS)
@require_POST
def acknowledge_day(request: UserRequest) -> HttpResponse:
    """Acknowledges a crew's day; refused when new results came after the page was made."""
    now = timezone.now()
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        raise Refused(_("没有找到要确认的结果,请刷新页面后再试。"))
    led = Crew.objects.filter(pk__in=viewer_of(request.user, now=now).led_crews)
    crew = get_object_or_404(led, pk=form.cleaned_data["crew"].pk)
    day, seen_at = form.cleaned_data["day"], form.cleaned_data["seen_at"]
    acknowledge(crew, day, by=request.user, now=now, seen_at=seen_at)
    messages.success(request, _("已确认%(crew)s %(day)s的结果。") % {"crew": crew, "day": day})
    return redirect(f"{reverse('evaluations:results')}?day={day}&crew={crew.pk}")


def days_awaiting(viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    """Returns the days of the led crews to acknowledge, with the crews' names. At most three queries."""
    if not viewer.led_crews:
        return []
    names = dict(Crew.objects.filter(pk__in=viewer.led_crews).values_list("pk", "name"))
    found = days_to_acknowledge(viewer.led_crews, since=looks_back_to(now), now=now)
    return [
        {"crew": row.crew, "name": names[row.crew], "day": row.day, "results": row.results} for row in found
    ]


def crews_acting_for(person: int, viewer: Viewer, now: datetime) -> frozenset[int]:
    """Returns the crews that the person acts for today."""
    leads = leads_by_crew(days.local_day(now), viewer.led_crews) if viewer.led_crews else {}
    return frozenset(crew for crew, of_crew in leads.items() if acts_as_lead(RatingFacts(of_crew), person))


def add_acknowledgements(
    groups: Iterable[CrewDay], viewer: Viewer, acting: frozenset[int], day: date, now: datetime
) -> None:
    groups = list(groups)
    crews = [group.crew.pk for group in groups]
    news_by_crew = {row["crew"]: row["news_at"] for row in crew_news(crews, now=now, day=day)}
    last = last_acknowledged(crews, day=day)
    for group in groups:
        group.acknowledged = last.get((group.crew.pk, day))
        news_at = news_by_crew.get(group.crew.pk)
        group.awaits = news_at is not None and is_news(news_at, group.acknowledged)
        group.may_acknowledge = group.awaits and group.crew.pk in acting


def objectable_orders(
    orders: Iterable[WorkOrder], acting: frozenset[int], day: date, now: datetime
) -> frozenset[int]:
    """Returns ids of orders of these crews that may still be objected to. At most three queries."""
    mine = [order for order in orders if order.crew_id in acting and hasattr(order, "callback")]
    if not mine or Settlement.objects.is_settled(day):
        return frozenset()
    until = objection_deadlines(day)
    published = [(order.pk, order.callback.published_at) for order in mine]
    return frozenset(pk for pk, at in published if at and now <= until(at))


def crews_to_choose(viewer: Viewer) -> QuerySet[Crew]:
    crews = Crew.objects.filter(is_active=True)
    return crews if viewer.sees_all else crews.filter(pk__in=viewer.led_crews)


def chosen_crew(request: UserRequest) -> int | None:
    return int_param(request.GET.get("crew", ""))


def chosen_day(request: UserRequest) -> date | None:
    text = request.GET.get("day", "")
    return days.parse_day(text) if text else None
