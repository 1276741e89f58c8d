"""Background jobs for an uploaded workbook: a check first, then an import on confirmation (domain §11)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from satisfaction.accounts.models import User
from satisfaction.core.errors import Refused
from satisfaction.core.roles import Role
from satisfaction.jobs.actions import RunningJob, submit_job
from satisfaction.jobs.models import Job

from .import_ import import_workbook
from .imported import Imported, document

TASK = "evaluations.import_workbook"


def submit_preview(file: File, *, by: User, create_people: bool) -> Job:
    """Submits a background job that checks the file as a dry run."""
    return submit_job(kind=TASK, by=by, file=file, options={"dry_run": True, "create_people": create_people})


@transaction.atomic
def confirm_preview(preview: Job, *, by: User) -> Job:
    """Submits the import of a previewed file; confirming twice returns the same job.

    Raises Refused: the preview's file has been deleted.
    """
    preview = Job.objects.select_for_update().get(pk=preview.pk)
    found = Job.objects.filter(kind=TASK, by=by, options__preview=preview.pk).first()
    if found:
        return found
    options = {
        "dry_run": False,
        "create_people": bool(preview.options.get("create_people")),
        "preview": preview.pk,
    }
    try:
        content = preview.input.open()
    except FileNotFoundError:
        raise Refused(_("预览已过期,没有导入。请重新上传文件。")) from None
    with content:
        return submit_job(kind=TASK, by=by, file=File(content, name=preview.filename), options=options)


def run_import(running: RunningJob, *, now: datetime) -> dict[str, Any]:
    """Runs one job with the submitter's rights: only admins create people and import evaluations."""
    job = running.job
    is_admin = job.by is not None and job.by.has_role(Role.ADMIN)
    with job.input.open() as file:
        content = file.read()
    imported = import_workbook(
        content,
        filename=job.filename,
        now=now,
        by=job.by,
        create_people=is_admin and bool(job.options.get("create_people")),
        with_evaluations=is_admin,
        dry_run=bool(job.options.get("dry_run")),
        progress=running.progress,
    )
    return result_of(imported)


def result_of(imported: Imported) -> dict[str, Any]:
    """Returns the command's document plus the values that only the page shows."""
    return {
        **document(imported),
        "crews": list(imported.new_crews),
        "technicians": list(imported.new_technicians),
        "ignored_evaluations": imported.ignored_evaluations,
    }
