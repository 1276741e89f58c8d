"""Pages of the service KPIs by day, month and year, per crew, and of the orders behind a number (domain §10)."""

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
from improvement.enums import Bucket, Kpi
from improvement.readers import READERS
from satisfaction.calendars import days
from satisfaction.changes.stamps import page_key, stamp
from satisfaction.core.access import everybody_signed_in
from satisfaction.core.pagination import page_of
from satisfaction.core.params import int_param
from satisfaction.core.requests import UserRequest, hide_navigation_counts

from .drilldown import Drilldown, drilldown_rows
from .freshness import last_turn
from .periods import PeriodUnit, period_of
from .report import CoursePoint, KpiReport

INDEX = "index"


@everybody_signed_in
@require_safe
def kpi(request: UserRequest, month: date | None = None) -> HttpResponse:
    """The KPIs of a month. `?crew=` limits them to one crew, `?show=` selects the KPI of the chart."""
    return report_page(request, PeriodUnit.MONTH, month or days.first_of_month(timezone.localdate()))


@everybody_signed_in
@require_safe
def kpi_day(request: UserRequest, day: date) -> HttpResponse:
    """The KPIs of a day, with the days before it."""
    return report_page(request, PeriodUnit.DAY, day)


@everybody_signed_in
@require_safe
def kpi_year(request: UserRequest, year: int) -> HttpResponse:
    """The KPIs of a year, by month."""
    if not 2000 <= year <= 9998:
        raise Http404
    return report_page(request, PeriodUnit.YEAR, date(year, 1, 1))


def report_page(request: UserRequest, unit: PeriodUnit, day: date) -> HttpResponse:
    now = timezone.now()
    today = days.local_day(now)
    hide_navigation_counts(request)
    if day > today or day.year < 2002:
        raise Http404
    report = KpiReport(viewer_of(request.user, now=now), period_of(unit, day, today=today), now)
    report.crew = requested_crew(request, report)
    show = selected_kpi(request, report)
    context = {
        "key": page_key(request, report.viewer, today, last_turn(now), stamp()),
        "report": report,
        "unit": unit.value,
        "day": day,
        "today": today,
        **neighbour_links(unit, day, today),
        "show": show,
        "drawn": KpiChart(report, show),
        "may_open_steps": request.user.has_role(*READERS),
    }
    return render(request, "improvement/kpis/report.html", context)


@dataclass
class KpiChart:
    """The chart of one KPI or of the index; computed on first use."""

    report: KpiReport
    show: str

    @cached_property
    def course(self) -> list[CoursePoint]:
        return self.report.course(Kpi.SATISFIED if self.show == INDEX else Kpi(self.show))

    @cached_property
    def chart(self) -> dict[str, Any]:
        return chart_data(self.course, self.show)


def requested_crew(request: UserRequest, report: KpiReport) -> int | None:
    """Returns the crew in the query string. Raises Http404 for a crew the viewer may not see."""
    text = request.GET.get("crew", "")
    if not text:
        return None
    crew = int_param(text)
    if crew is None or report.is_own or not report.sees_crew(crew):
        raise Http404
    return crew


def selected_kpi(request: UserRequest, report: KpiReport) -> str:
    """Returns what the chart shows: the requested KPI, or the index where there is one."""
    asked = request.GET.get("show", "")
    if asked in report.kpis:
        return asked
    return INDEX if report.has_index else Kpi.SATISFIED.value


def neighbour_links(unit: PeriodUnit, day: date, today: date) -> dict[str, Any]:
    """Returns the URLs of the previous and the next period."""
    if unit is PeriodUnit.DAY:
        before, after, name = day - timedelta(days=1), day + timedelta(days=1), "improvement:kpi_day"
    elif unit is PeriodUnit.MONTH:
        before, after, name = days.previous_month(day), days.next_month(day), "improvement:kpi"
    else:
        before, after, name = day.replace(year=day.year - 1), day.replace(year=day.year + 1), ""
    one = (
        (lambda d: reverse(name, args=[d]))
        if name
        else lambda d: reverse("improvement:kpi_year", args=[d.year])
    )
    return {"previous": one(before), "next": one(after) if after <= today else None}


def chart_data(course: list[CoursePoint], show: str) -> dict[str, Any]:
    """Returns the data for static/js/charts.js: numbers as shown, None where there is no value."""
    if show == INDEX:
        values, goals, name = [m.index and m.index.value for m in course], [], _("服务指数")
    else:
        values = [m.reading.value for m in course]
        goals = [m.reading.target and m.reading.target.target for m in course]
        name = course[0].reading.name
    factor = 1 if show in (INDEX, Kpi.POINTS) else 100
    return {
        "unit": "" if factor == 1 else "%",
        "labels": [span_label(point) for point in course],
        "series": [
            {"name": name, "values": [chart_number(value, factor) for value in values]},
            *(
                [{"name": _("目标"), "values": [chart_number(g, factor) for g in goals], "isGoal": True}]
                if goals
                else []
            ),
        ],
    }


def chart_number(value: Any, factor: int) -> float | None:
    return None if value is None else round(float(value * factor), 2)


def span_label(point: CoursePoint) -> str:
    span = point.span
    return (
        date_format(span.first, _("n月j日"))
        if span.first == span.last
        else date_format(span.first, _("Y年n月"))
    )


@everybody_signed_in
@require_safe
def kpi_orders(request: UserRequest) -> HttpResponse:
    """The orders or steps behind one number: `?kpi=&what=&first=&last=&crew=`."""
    now = timezone.now()
    hide_navigation_counts(request)
    drilldown = Drilldown.from_query(request.GET, viewer_of(request.user, now=now), now=now)
    if drilldown is None:
        raise Http404
    if drilldown.kpi == Kpi.STEPS and not request.user.has_role(*READERS):
        raise PermissionDenied
    rows = drilldown_rows(drilldown)
    context = {
        "question": drilldown,
        "choices": Bucket,
        "page": page_of(request, rows),
        "total": rows.order_by().count(),
        "is_steps": drilldown.kpi == Kpi.STEPS,
        "is_repeats": drilldown.kpi == Kpi.REPEAT and drilldown.what == Bucket.NUMERATOR,
    }
    return render(request, "improvement/kpis/orders.html", context)
