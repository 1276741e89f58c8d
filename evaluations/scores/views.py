"""Pages of scores: a month, its orders left out, one technician or crew, a day and its orders (domain §8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from io import BytesIO
from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evaluations.enums import Rating
from evaluations.models import Settlement
from evaluations.visibility import viewer_of
from satisfaction.audit.actions import record_file
from satisfaction.calendars import days
from satisfaction.changes.stamps import page_key, stamp
from satisfaction.core.access import everybody_signed_in
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest, hide_navigation_counts
from satisfaction.core.roles import Role
from workorders.models import Technician

from .daily import daily_rows
from .explanations import OrderPoints, PointSums, sum_points, totals_by_day
from .month import SETTLED_READS, MonthReport
from .month_excel import month_filename, write_month
from .month_lines import RankingLine
from .rules import PointTally, Score, monthly_score
from .settle import obstacles


def report_for(request: UserRequest, month: date) -> MonthReport:
    return MonthReport(month, viewer_of(request.user, now=timezone.now()))


def neighbour_months(month: date) -> dict[str, Any]:
    """Returns the previous and the next month, for navigation."""
    following = days.next_month(month)
    return {
        "previous": days.previous_month(month),
        "next": following if following <= timezone.localdate() else None,
    }


@everybody_signed_in
@require_safe
def month_ranking(request: UserRequest, month: date | None = None) -> HttpResponse:
    """The ranking; `?technician=` explains a score, `?compare=` compares with an earlier settlement."""
    now = timezone.now()
    hide_navigation_counts(request)
    found = report_for(request, month or days.first_of_month(timezone.localdate()))
    found.compare = request.GET.get("compare", "")
    is_head, is_settled = request.user.has_role(Role.HEAD), Settlement.objects.is_settled(found.month)
    context = {
        "month": found,
        "key": page_key(
            request, found.viewer, days.local_day(now), stamp(SETTLED_READS if is_settled else ())
        ),
        **neighbour_months(found.month),
        "explained": TechnicianExplanation(found, request.GET.get("technician", "")),
        "obstacles": obstacles(found.month, now=now) if is_head and not is_settled else None,
        "is_head": is_head,
        "is_settled": is_settled,
    }
    return render(request, "evaluations/scores/month.html", context)


@dataclass
class TechnicianExplanation:
    """The panel that explains one technician's score; queries the orders on first use.

    `asked`: id in the query string; by default the first technician.
    """

    month: MonthReport
    asked: str = ""

    @cached_property
    def line(self) -> RankingLine | None:
        lines = self.month.technicians
        return next(
            (line for line in lines if str(line.row["id"]) == self.asked), lines[0] if lines else None
        )

    @cached_property
    def orders(self) -> list[OrderPoints]:
        return self.month.orders_of(technician=self.line.row["id"]) if self.line else []

    @cached_property
    def sums(self) -> PointSums:
        return sum_points(self.orders)

    @property
    def is_whole(self) -> bool:
        return self.line is not None and len(self.orders) == self.line.row["taking_part"]


@everybody_signed_in
@require_safe
def month_print(request: UserRequest, month: date) -> HttpResponse:
    """The ranking for print."""
    found = report_for(request, month)
    record_file(
        request, about=f"{_('月度排名')} {month:%Y-%m}", rows=count_ranked_rows(found), form=_("打印")
    )
    hide_navigation_counts(request)
    return render(request, "evaluations/scores/month_print.html", {"month": found})


@everybody_signed_in
@require_safe
def month_excel(request: UserRequest, month: date) -> FileResponse:
    """The month page as a workbook; `?compare=` as there."""
    found, content = report_for(request, month), BytesIO()
    found.compare = request.GET.get("compare", "")
    write_month(content, found)
    content.seek(0)
    name = month_filename(found)
    record_file(request, about=name, rows=count_ranked_rows(found))
    return FileResponse(content, as_attachment=True, filename=name)


def count_ranked_rows(found: MonthReport) -> int:
    return len(found.technicians) + len(found.crews)


@everybody_signed_in
@require_safe
def left_out(request: UserRequest, month: date) -> HttpResponse:
    """Orders left out, with the reasons that the viewer may know."""
    found = report_for(request, month)
    reason = request.GET.get("reason", "")
    rows = [row for row in found.left_out if reason in ("", row["reason"])]
    context = {"month": found, "reason": reason, "page": page_of(request, rows)}
    return render(request, "evaluations/scores/left_out.html", context)


@everybody_signed_in
@require_safe
def technician_month(request: UserRequest, month: date, pk: int) -> HttpResponse:
    """Explanation of one technician's score: sums, then days."""
    found = report_for(request, month)
    line = line_or_404(found.technicians, pk)
    explained = TechnicianExplanation(found, str(line.row["id"]))
    context = {
        "month": found,
        "line": line,
        "sums": explained.sums,
        "repeats": found.repeat_rate(line.row, technician=pk),
        "is_whole": explained.is_whole,
        "days": totals_by_day(explained.orders, found.left_out_days(technician_id=pk)),
    }
    return render(request, "evaluations/scores/technician.html", context)


@everybody_signed_in
@require_safe
def crew_month(request: UserRequest, month: date, pk: int) -> HttpResponse:
    """Explanation of one crew's two scores: sums, technicians, then days."""
    found = report_for(request, month)
    line = line_or_404(found.crews, pk)
    orders = found.orders_of(crew=pk)
    context = {
        "month": found,
        "line": line,
        "sums": sum_points(orders),
        "repeats": found.repeat_rate(line.row, crew=pk),
        "is_whole": True,
        "members": [one for one in found.technicians if pk in one.row["crew_ids"]],
        "days": totals_by_day(orders, found.left_out_days(crew_id=pk)),
    }
    return render(request, "evaluations/scores/crew.html", context)


def line_or_404(lines: list[RankingLine], pk: int) -> RankingLine:
    line = next((line for line in lines if line.row["id"] == pk), None)
    if line is None:
        raise Http404
    return line


@everybody_signed_in
@require_safe
def day_scores(request: UserRequest, day: date | None = None) -> HttpResponse:
    """The scores of a day per technician and crew, by default yesterday."""
    today = timezone.localdate()
    day = day or today - timedelta(days=1)
    viewer = viewer_of(request.user, now=timezone.now())
    scope: dict[str, Any] = {}
    if not viewer.sees_all:
        scope = {"crews": viewer.led_crews, "technician": viewer.technician}
    rows, weight = (
        daily_rows(day, day, **scope),
        MonthReport(days.first_of_month(day), viewer).weight,
    )
    total = sum((row.tally for row in rows), PointTally())
    scored = [(row, day_score(row.tally, weight)) for row in rows]
    context = {
        "day": day,
        "previous": day - timedelta(days=1),
        "next": day + timedelta(days=1) if day < today else None,
        "rows": scored,
        "best": max((score.total for _row, score in scored if score), default=Fraction(1)),
        "total": total,
        "score": day_score(total, weight),
        "weight": weight,
        "is_over": day < today,
    }
    return render(request, "evaluations/scores/day.html", context)


def day_score(tally: PointTally, weight: str) -> Score | None:
    """Returns mean and volume of one day; the month's score is computed from the whole month."""
    return monthly_score(tally.points, tally.taking_part, weight=Fraction(weight))


@everybody_signed_in
@require_safe
def day_orders(request: UserRequest, day: date, pk: int) -> HttpResponse:
    """One technician's orders of a day, with both ratings, and the orders left out."""
    found = report_for(request, day.replace(day=1))
    line = line_or_404(found.technicians, pk)
    orders = [one for one in found.orders_of(technician=pk) if one.closed_on == day]
    context = {
        "day": day,
        "month": found,
        "line": line,
        "technician": Technician.objects.get(pk=pk),
        "orders": [(one, Rating(one.callback_rating), rating_or_none(one.self_rating)) for one in orders],
        "left_out": found.left_out_of(technician_id=pk, day=day.isoformat()),
        "sums": sum_points(orders),
    }
    return render(request, "evaluations/scores/day_orders.html", context)


def rating_or_none(value: str) -> Rating | None:
    return Rating(value) if value else None
