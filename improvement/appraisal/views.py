"""The annual appraisal as a page, in print and as Excel (domain §8.14, §12)."""

from __future__ import annotations

from io import BytesIO

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evaluations.visibility import viewer_of
from satisfaction.audit.actions import record_file
from satisfaction.core.access import everybody_signed_in
from satisfaction.core.requests import UserRequest, hide_navigation_counts

from .excel import write_appraisal
from .queries import latest_settled_month
from .report import Appraisal

EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def appraisal_for(request: UserRequest, year: int | None) -> Appraisal:
    """Returns the appraisal of `year`, by default the year of the latest settled month."""
    now, today = timezone.now(), timezone.localdate()
    if year is None:
        year = (latest_settled_month() or today).year
    if not 2000 <= year <= today.year:
        raise Http404
    return Appraisal(year, viewer_of(request.user, now=now), now)


def render_appraisal(request: UserRequest, found: Appraisal, template: str) -> HttpResponse:
    hide_navigation_counts(request)
    return render(request, template, {"appraisal": found, "this_year": timezone.localdate().year})


@everybody_signed_in
@require_safe
def appraisal(request: UserRequest, year: int | None = None) -> HttpResponse:
    """Technicians and crews over the year, by month."""
    return render_appraisal(request, appraisal_for(request, year), "improvement/appraisal/year.html")


@everybody_signed_in
@require_safe
def appraisal_print(request: UserRequest, year: int) -> HttpResponse:
    """The year on A4 landscape."""
    found = appraisal_for(request, year)
    record_file(request, about=f"{_('年度评优')} {year}", rows=count_lines(found), form=_("打印"))
    return render_appraisal(request, found, "improvement/appraisal/print.html")


@everybody_signed_in
@require_safe
def appraisal_excel(request: UserRequest, year: int) -> FileResponse:
    """The year as a workbook."""
    found, content = appraisal_for(request, year), BytesIO()
    write_appraisal(content, found)
    content.seek(0)
    name = _("年度评优-%(year)d.xlsx") % {"year": year}
    record_file(request, about=name, rows=count_lines(found))
    return FileResponse(content, as_attachment=True, filename=name, content_type=EXCEL_TYPE)


def count_lines(found: Appraisal) -> int:
    return len(found.technicians) + len(found.crews)
