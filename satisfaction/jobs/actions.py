"""Background jobs as database rows: submit, claim, report progress, end, requeue lost ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.core.files.base import File
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from satisfaction.core.errors import BUSY, Refused, is_busy
from satisfaction.core.person import Person

from .models import Heartbeat, Job, JobState

REQUEUE_AFTER = timedelta(minutes=1)
DEAD_AFTER = timedelta(minutes=1)
DEAD_AFTER_ON_SQLITE = timedelta(minutes=10)
"""SQLite allows one writer, so no heartbeat is possible while the job writes."""
HEARTBEAT_INTERVAL = timedelta(seconds=10)
MAX_ATTEMPTS = 3
ROW_RESULT_KEYS = frozenset({"errors", "left_out", "rejected_file"})
"""Keys of a result that hold contents of an uploaded file; they expire with it."""
logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class JobOutcome:
    """What a job returns: numbers for the page (plain JSON), and a file to download if any."""

    result: dict[str, Any] = field(default_factory=dict)
    output: File | None = None


@dataclass(frozen=True)
class RunningJob:
    """A claimed job, passed to its function; `job` is the row as claimed."""

    job: Job

    def progress(self, done: int, total: int) -> None:
        """Stores the progress and a heartbeat; visible to others only if called outside a transaction.

        Raises JobSuperseded if another worker has claimed the row meanwhile.
        """
        _write(self.job, progress=done, total=total, beat_at=timezone.now())


class JobSuperseded(Exception):
    """The row had no heartbeat for too long and another worker has claimed it: stop without writing to it."""


JobFunction = Callable[[RunningJob], JobOutcome | dict[str, Any] | None]


def submit_job(
    *, kind: str, by: Person | None, file: File | None = None, options: dict[str, Any] | None = None
) -> Job:
    """Stores a job and sends it to its task after the commit.

    `kind` is the name of the Celery task (`workorders.import_workbook`); the task takes the job's id and
    calls `run_job`. `options` is plain JSON. The active language is stored for the sentences of result and
    error. If the broker is down, `requeue_jobs` sends the row later.
    """
    job = Job.objects.create(
        kind=kind,
        by=by,
        filename=(file.name or "") if file else "",
        input=file or "",
        options={**(options or {}), "language": translation.get_language()},
    )
    transaction.on_commit(lambda: send_job(job), robust=True)
    return job


def send_job(job: Job) -> None:
    current_app.send_task(job.kind, args=[job.pk])


def run_job(job_id: int, work: JobFunction) -> Job | None:
    """Claims the row, calls `work`, stores result or error; returns None if the row is not pending.

    The sentence of a `Refused` becomes the row's error. Any other exception is logged with its traceback, and
    the error is a general sentence. Safe to call twice: one caller claims the row.
    """
    job = claim_job(job_id)
    if job is None:
        return None
    with translation.override(job.options.get("language") or translation.get_language()):
        try:
            with heartbeat_thread(job):
                outcome = work(RunningJob(job))
            _succeed(job, outcome if isinstance(outcome, JobOutcome) else JobOutcome(outcome or {}))
        except JobSuperseded:
            logger.warning("job_superseded", job=job.pk, kind=job.kind)
        except Refused as refusal:
            _end(job, JobState.FAILED, error=str(refusal))
        except Exception as error:
            logger.exception("job_failed", job=job.pk, kind=job.kind)
            sentence = _("处理时出错,请把编号 %(id)d 告诉管理员。") % {"id": job.pk}
            _end(job, JobState.FAILED, error=str(BUSY) if is_busy(error) else sentence)
        finally:
            job.input.close()
    job.refresh_from_db()
    return job


@contextmanager
def heartbeat_thread(job: Job) -> Iterator[None]:
    """Writes heartbeats in a thread, since the job's own transaction is invisible until it commits."""
    if connection.vendor == "sqlite":
        yield
        return
    is_over = Event()
    beside = Thread(target=_beat_until, args=(job, is_over), name=f"job {job.pk}", daemon=True)
    beside.start()
    try:
        yield
    finally:
        is_over.set()
        beside.join()


def _beat_until(job: Job, is_over: Event) -> None:
    while not is_over.wait(HEARTBEAT_INTERVAL.total_seconds()):
        try:
            _write(job, beat_at=timezone.now())
        except JobSuperseded:
            break
        except DatabaseError:
            logger.warning("job_beat_failed", job=job.pk, kind=job.kind, exc_info=True)
            connection.close()  # the next heartbeat connects again
    connection.close()  # the connection of this thread


def claim_job(job_id: int) -> Job | None:
    """Marks a pending row as running and returns it; None if another caller was first."""
    taken = Job.objects.filter(pk=job_id, state=JobState.PENDING).update(
        state=JobState.RUNNING, attempts=F("attempts") + 1, beat_at=timezone.now(), progress=0, total=0
    )
    return Job.objects.get(pk=job_id) if taken else None


def _write(job: Job, **values: Any) -> None:
    """Writes to the row.

    Raises JobSuperseded if the number of attempts shows that another worker claimed it.
    """
    ours = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)
    if not ours.update(**values):
        raise JobSuperseded


def _succeed(job: Job, outcome: JobOutcome) -> None:
    if outcome.output is not None:
        job.output.save(outcome.output.name or "", outcome.output, save=False)
        _write(job, output=job.output.name)
    _end(job, JobState.DONE, result=outcome.result)


def _end(job: Job, state: str, **values: Any) -> None:
    try:
        _write(job, state=state, ended_at=timezone.now(), **values)
    except JobSuperseded:
        logger.warning("job_superseded", job=job.pk, kind=job.kind)


def requeue_jobs(*, now: datetime) -> int:
    """Sends pending rows and rows without heartbeat again; returns how many. Duplicate messages are harmless.

    A job that died three times fails with a sentence.
    """
    release_abandoned(before=now - dead_after())
    waiting = Job.objects.filter(state=JobState.PENDING).stale(now - REQUEUE_AFTER)
    count = 0
    for job in waiting.order_by("pk"):
        # Updates the heartbeat, so that the next run does not send the row again.
        if Job.objects.filter(pk=job.pk, state=JobState.PENDING, beat_at=job.beat_at).update(beat_at=now):
            send_job(job)
            count += 1
    return count


def expire_files(*, now: datetime) -> int:
    """Deletes files and row contents of jobs that ended over `FILES_KEPT_DAYS` ago; returns how many jobs.

    Uploads and results hold reporters' phones. Counts stay (domain §11.10).
    """
    before = now - timedelta(days=settings.FILES_KEPT_DAYS)
    ended = Job.objects.filter(
        state__in=[JobState.DONE, JobState.FAILED], ended_at__lt=before, is_expired=False
    )
    count = 0
    for job in ended.order_by("pk").iterator():
        for file in (job.input, job.output):
            if file:
                file.delete(save=False)
        job.input = job.output = ""
        job.result = (
            {k: v for k, v in job.result.items() if k not in ROW_RESULT_KEYS} if job.result else job.result
        )
        job.is_expired = True
        job.save(update_fields=["input", "output", "result", "is_expired"])
        count += 1
    return count


def dead_after() -> timedelta:
    """Returns after how long without heartbeat a running job counts as dead."""
    return DEAD_AFTER_ON_SQLITE if connection.vendor == "sqlite" else DEAD_AFTER


def release_abandoned(*, before: datetime) -> None:
    """Makes running rows without heartbeat since `before` pending again; fails those of three attempts."""
    silent = Job.objects.filter(state=JobState.RUNNING).stale(before)
    silent.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=JobState.FAILED,
        ended_at=timezone.now(),
        error=_("处理多次中断,已放弃。请重新提交;再次失败时请告诉管理员。"),
    )
    silent.update(state=JobState.PENDING, beat_at=before - REQUEUE_AFTER)


def record_heartbeat(name: str, *, now: datetime, detail: dict[str, Any] | None = None) -> None:
    """Records that `name` ran; `/healthz` and the admin's home page read it."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now, "detail": detail or {}})
