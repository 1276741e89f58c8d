"""The periodic task that requeues jobs; its run shows that beat and worker are alive."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from . import actions as domain


@shared_task(name="jobs.requeue")
def requeue_jobs() -> None:
    now = timezone.now()
    domain.record_heartbeat("beat", now=now)
    domain.requeue_jobs(now=now)
