"""Import of the daily workbook: upload → preview → confirmation → rejected rows to correct (domain §11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from satisfaction.audit.actions import record_file
from satisfaction.audit.enums import AuditKind
from satisfaction.core.access import roles_required
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role
from satisfaction.jobs.models import Job, JobState

from .columns import COLUMNS
from .forms import ImportForm
from .jobs import TASK, confirm_preview, submit_preview

IMPORTERS = (Role.DISPATCHER, Role.LEAD, Role.ADMIN)
RECENT, SHOWN, NOTES_SHOWN = 10, 200, 10
OPEN = (JobState.PENDING, JobState.RUNNING)


def own_imports(request: UserRequest) -> QuerySet[Job]:
    return Job.objects.visible_to(request.user).filter(kind=TASK)


@roles_required(*IMPORTERS)
@require_http_methods(["GET", "HEAD", "POST"])
def upload_workbook(request: UserRequest) -> HttpResponse:
    is_admin = request.user.has_role(Role.ADMIN)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImportForm(*given, may_create_people=is_admin)
    if form.is_valid():
        create_people = form.cleaned_data.get("create_people", False)
        job = submit_preview(form.cleaned_data["file"], by=request.user, create_people=create_people)
        return redirect("evaluations:import_job", pk=job.pk)
    jobs = list(own_imports(request)[:RECENT])
    context = {"form": form, "columns": COLUMNS, "is_admin": is_admin, "jobs": jobs}
    return render(request, "evaluations/workbook/imports/upload.html", context)


@roles_required(*IMPORTERS)
@require_safe
def import_job(request: UserRequest, pk: int) -> HttpResponse:
    """Shows the progress of a check or an import while it runs, then its result."""
    job = get_object_or_404(own_imports(request), pk=pk)
    if request.htmx:
        if job.state not in OPEN:
            return HttpResponseClientRefresh()
        return render(request, "components/job.html", {"job": job, "poll": request.path})
    result, running = "evaluations/workbook/imports/result.html", "evaluations/workbook/imports/running.html"
    return render(request, result if job.state == JobState.DONE else running, job_context(job, request))


def job_context(job: Job, request: UserRequest) -> dict[str, Any]:
    result = job.result or {}
    names = ("created", "updated", "unchanged", "rejected", "incomplete", "waiting")
    errors = result.get("errors", [])
    counts = {name: result.get(name, 0) for name in names}
    counts["unchanged"] -= counts["waiting"]  # shown apart; the document counts waiting rows as unchanged
    return {
        "job": job,
        "poll": request.path,
        "result": result,
        "is_preview": bool(job.options.get("dry_run")),
        "counts": counts,
        "left_out": [note_of(note) for note in result.get("left_out", [])[:NOTES_SHOWN]],
        "may_confirm_changes": request.user.has_role(Role.LEAD),
        "comes_in": result.get("created", 0) + result.get("updated", 0),
        "errors": errors[:SHOWN],
        "hidden": result.get("rejected", 0)
        - len({(error.get("sheet"), error["row"]) for error in errors[:SHOWN]}),
        "several_sheets": any("sheet" in error for error in errors),
    }


def note_of(left_out: dict[str, Any]) -> str:
    """Returns place and text of a row that is not an order; names the sheet if several sheets were read."""
    sheet, _mark, row = str(left_out["row"]).rpartition("!")
    words = {"sheet": sheet, "row": row, "value": left_out["value"]}
    if sheet:
        return _("表“%(sheet)s”第 %(row)s 行“%(value)s”") % words
    return _("第 %(row)s 行“%(value)s”") % words


@roles_required(*IMPORTERS)
@require_POST
def confirm_import(request: UserRequest, pk: int) -> HttpResponse:
    """Starts the import of a previewed file."""
    preview = get_object_or_404(own_imports(request), pk=pk, state=JobState.DONE, options__dry_run=True)
    job = confirm_preview(preview, by=request.user)
    return redirect("evaluations:import_job", pk=job.pk)


@roles_required(*IMPORTERS)
@require_safe
def rejected(request: UserRequest, pk: int) -> FileResponse:
    """Returns the workbook of rejected rows; its first column holds the reason."""
    job = get_object_or_404(own_imports(request), pk=pk)
    file = (job.result or {}).get("rejected_file")
    if not file or not Path(file).is_file():
        raise Http404
    rows = (job.result or {}).get("rejected", 0)
    record_file(request, about=Path(file).name, rows=rows, kind=AuditKind.DOWNLOADED)
    return FileResponse(Path(file).open("rb"), as_attachment=True, filename=Path(file).name)
