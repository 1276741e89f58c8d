"""Service KPIs by day, month and year, crew by crew, down to the orders behind each number (二, §10, §12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evaluations.visibility import viewer_of
from improvement.enums import Behind, Kpi
from improvement.readers import READERS
from satisfaction.calendars import days
from satisfaction.changes.stamps import page_key, stamp
from satisfaction.core.access import everybody_signed_in
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest, hide_navigation_counts

from .drilldown import Question, rows_behind
from .freshness import last_turn
from .periods import Unit, period_of
from .report import Moment, Report

INDEX = "index"


@everybody_signed_in
@require_safe
def kpi(request: UserRequest, month: date | None = None) -> HttpResponse:
    """A month; `?crew=` that crew's, `?show=` the KPI whose course is drawn."""
    return page(request, Unit.MONTH, month or days.first_of_month(timezone.localdate()))


@everybody_signed_in
@require_safe
def kpi_day(request: UserRequest, day: date) -> HttpResponse:
    """A day, and the days before it."""
    return page(request, Unit.DAY, day)


@everybody_signed_in
@require_safe
def kpi_year(request: UserRequest, year: int) -> HttpResponse:
    """A year, month by month."""
    if not 2000 <= year <= 9998:
        raise Http404
    return page(request, Unit.YEAR, date(year, 1, 1))


def page(request: UserRequest, unit: Unit, day: date) -> HttpResponse:
    now = timezone.now()
    today = days.local_day(now)
    hide_navigation_counts(request)
    if day > today or day.year < 2002:
        raise Http404
    report = Report(viewer_of(request.user, now=now), period_of(unit, day, today=today), now)
    report.crew = crew_asked(request, report)
    show = shown(request, report)
    context = {
        "key": page_key(request, report.viewer, today, last_turn(now), stamp()),
        "report": report,
        "unit": unit.value,
        "day": day,
        "today": today,
        **addresses(unit, day, today),
        "show": show,
        "drawn": Drawn(report, show),
        "may_open_steps": request.user.has_role(*READERS),
    }
    return render(request, "improvement/kpis/report.html", context)


@dataclass
class Drawn:
    """The course of one KPI or of the index; counted when it is shown."""

    report: Report
    show: str

    @cached_property
    def course(self) -> list[Moment]:
        return self.report.course(Kpi.SATISFIED if self.show == INDEX else Kpi(self.show))

    @cached_property
    def chart(self) -> dict[str, Any]:
        return chart(self.course, self.show)


def crew_asked(request: UserRequest, report: Report) -> int | None:
    """The crew named in the address; one that is not the reader's to see does not exist."""
    text = request.GET.get("crew", "")
    if not text:
        return None
    if not (text.isdecimal() and len(text) < 18) or report.is_own or not report.sees_crew(int(text)):
        raise Http404
    return int(text)


def shown(request: UserRequest, report: Report) -> str:
    """What is drawn: a KPI of the page, or the index where there is one."""
    asked = request.GET.get("show", "")
    if asked in report.kpis:
        return asked
    return INDEX if report.has_index else Kpi.SATISFIED.value


def addresses(unit: Unit, day: date, today: date) -> dict[str, Any]:
    """Of the periods before and after."""
    if unit is Unit.DAY:
        before, after, name = day - timedelta(days=1), day + timedelta(days=1), "improvement:kpi_day"
    elif unit is Unit.MONTH:
        before, after, name = days.previous_month(day), days.next_month(day), "improvement:kpi"
    else:
        before, after, name = day.replace(year=day.year - 1), day.replace(year=day.year + 1), ""
    one = (
        (lambda d: reverse(name, args=[d]))
        if name
        else lambda d: reverse("improvement:kpi_year", args=[d.year])
    )
    return {"previous": one(before), "next": one(after) if after <= today else None}


def chart(course: list[Moment], show: str) -> dict[str, Any]:
    """What static/js/charts.js draws: numbers as they are shown, None where there is no value."""
    if show == INDEX:
        values, goals, name = [m.index and m.index.value for m in course], [], _("服务指数")
    else:
        values = [m.reading.value for m in course]
        goals = [m.reading.target and m.reading.target.target for m in course]
        name = course[0].reading.name
    factor = 1 if show in (INDEX, Kpi.POINTS) else 100
    return {
        "unit": "" if factor == 1 else "%",
        "labels": [label(moment) for moment in course],
        "series": [
            {"name": name, "values": [rounded(value, factor) for value in values]},
            *(
                [{"name": _("目标"), "values": [rounded(g, factor) for g in goals], "isGoal": True}]
                if goals
                else []
            ),
        ],
    }


def rounded(value: Any, factor: int) -> float | None:
    return None if value is None else round(float(value * factor), 2)


def label(moment: Moment) -> str:
    span = moment.span
    return (
        date_format(span.first, _("n月j日"))
        if span.first == span.last
        else date_format(span.first, _("Y年n月"))
    )


@everybody_signed_in
@require_safe
def kpi_orders(request: UserRequest) -> HttpResponse:
    """The orders (of the steps: the steps) behind one number: `?kpi=&what=&first=&last=&crew=`."""
    now = timezone.now()
    hide_navigation_counts(request)
    question = Question.asked(request.GET, viewer_of(request.user, now=now), now=now)
    if question is None:
        raise Http404
    if question.kpi == Kpi.STEPS and not request.user.has_role(*READERS):
        raise PermissionDenied
    rows = rows_behind(question)
    context = {
        "question": question,
        "choices": Behind,
        "page": page_of(request, rows),
        "total": rows.order_by().count(),
        "is_steps": question.kpi == Kpi.STEPS,
        "is_repeats": question.kpi == Kpi.REPEAT and question.what == Behind.COUNTED,
    }
    return render(request, "improvement/kpis/orders.html", context)
