"""Export page of the daily workbook: one or more days, limited to what the reader may see (domain §11, §12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from tempfile import TemporaryFile

from django.db.models import QuerySet
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from satisfaction.audit.actions import record_file
from satisfaction.calendars.days import first_of_month, last_of_month, local_day, previous_month
from satisfaction.core.access import roles_required
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role
from workorders.models import WorkOrder

from .audience import CREW_READERS, OFFICE_READERS
from .export import export_workbook, filename_of, reader_of
from .forms import ExportForm


@roles_required(*CREW_READERS, *OFFICE_READERS)
@require_safe
def export(request: UserRequest) -> HttpResponseBase:
    """Shows the form for choosing days or, with `first` (and `last`), returns the workbook."""
    today = local_day(timezone.now())
    form = ExportForm(
        request.GET if "first" in request.GET else None, initial={"first": today - timedelta(days=1)}
    )
    if form.is_bound and form.is_valid():
        return workbook(request, form.cleaned_data["first"], form.cleaned_data["last"])
    context = {
        "form": form,
        "yesterday": today - timedelta(days=1),
        "month": first_of_month(today),
        "today": today,
        "last_month": previous_month(today),
        "last_month_ends": last_of_month(previous_month(today)),
        "sees_phones": request.user.has_role(Role.ADMIN),
        "own_crews_only": not request.user.has_role(*OFFICE_READERS),
    }
    return render(request, "evaluations/workbook/exports/export.html", context)


def workbook(
    request: UserRequest, first: date, last: date, *, among: QuerySet[WorkOrder] | None = None
) -> FileResponse:
    """Returns orders closed in these days, limited to `among` if set, as a file; records the download."""
    now = timezone.now()
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    reader = replace(reader_of(request.user, now=now), among=among)
    orders = export_workbook(file, first=first, last=last, reader=reader, now=now)
    file.seek(0)
    name = filename_of(first, last)
    record_file(request, about=name, rows=orders)
    return FileResponse(file, as_attachment=True, filename=name)
