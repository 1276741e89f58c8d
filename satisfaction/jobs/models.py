"""Rows of background jobs: a message in a queue may be lost, a row is not."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from satisfaction.core.encryption import EncryptedJSONField
from satisfaction.core.person import Person


def job_path(job: Job, filename: str) -> str:
    return f"jobs/{uuid4().hex}{Path(filename).suffix.lower()[:10]}"


class JobState(models.TextChoices):
    PENDING = "pending", _("排队中")
    RUNNING = "running", _("进行中")
    DONE = "done", _("完成")
    FAILED = "failed", _("失败")


class JobQuerySet(models.QuerySet["Job"]):
    def stale(self, before: datetime) -> JobQuerySet:
        """Pending or running jobs without heartbeat since `before`."""
        return self.filter(state__in=[JobState.PENDING, JobState.RUNNING], beat_at__lt=before)

    def visible_to(self, user: Person) -> JobQuerySet:
        return self.filter(by=user)


class Job(models.Model):
    """One import or export: its input, progress, result and error.

    `kind` is the name of the Celery task that runs it; the message carries only the row's id.
    """

    kind = models.CharField(_("工作"), max_length=40)
    state = models.CharField(_("状态"), max_length=10, choices=JobState, default=JobState.PENDING)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="jobs")
    filename = models.CharField(_("文件名"), max_length=255, blank=True)
    input = models.FileField(upload_to=job_path, blank=True)
    output = models.FileField(upload_to=job_path, blank=True)
    options = models.JSONField(default=dict)
    result = EncryptedJSONField(null=True)  # rejected cells may hold phones
    error = models.TextField(blank=True)
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(_("提交时间"), auto_now_add=True)
    beat_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    # The files and the row contents of the result have been deleted.
    is_expired = models.BooleanField(default=False, db_default=False, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("后台工作")
        verbose_name_plural = pgettext_lazy("复数", "后台工作")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=JobState.values), name="job_state_known")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


DEMO_HEARTBEAT = "demo"
"""Name of the heartbeat whose detail describes the demonstration data."""


class Heartbeat(models.Model):
    """The last run of something periodic."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.name} {self.at}"
