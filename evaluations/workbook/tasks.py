"""Celery task for uploaded workbooks, one job each."""

from __future__ import annotations

from functools import partial

import structlog
from celery import current_app, shared_task
from django.utils import timezone

from satisfaction.jobs.actions import run_job
from satisfaction.jobs.models import Job, JobState

from .jobs import TASK, run_import

CATCH_UP = "portal.catch_up"
logger = structlog.get_logger(__name__)


@shared_task(name=TASK)
def import_uploaded_workbook(job_id: int) -> None:
    """Checks or imports one uploaded workbook; after an import, starts the catch-up before the next beat."""
    job = run_job(job_id, partial(run_import, now=timezone.now()))
    if job and has_brought_orders(job):
        catch_up_soon()


def has_brought_orders(job: Job) -> bool:
    return job.state == JobState.DONE and not job.options.get("dry_run")


def catch_up_soon() -> None:
    """Queues the portal's catch-up task, by name because the portal imports the evaluation, not vice versa.

    If the broker is down, the next beat (≤ 5 min) picks it up.
    """
    try:
        current_app.send_task(CATCH_UP)
    except Exception:
        logger.exception("catch_up_not_queued")
