"""The Celery application; the schedule stands in the settings."""

from __future__ import annotations

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.signals import beat_init, setup_logging
from django.db import transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "satisfaction.settings")


class RobustTask(DjangoTask):
    """What a task does stands in rows, and the beat looks for rows: a broker that is away loses nothing.

    So handing over a task after a commit never turns a finished request into an error; the failure is logged.
    """

    abstract = True

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        transaction.on_commit(lambda: self.delay(*args, **kwargs), robust=True)

    def apply_async_on_commit(self, *args: Any, **kwargs: Any) -> None:
        transaction.on_commit(lambda: self.apply_async(*args, **kwargs), robust=True)


app = Celery("satisfaction", task_cls=RobustTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def configure_logging(**_signal: Any) -> None:
    """Workers and beat write the same lines as the web process (connecting here keeps Celery's own away)."""
    from django.conf import settings

    dictConfig(settings.LOGGING)


@beat_init.connect
def send_schedule_at_start(**_signal: Any) -> None:
    """A beat that was away does everything of its schedule at once instead of waiting for the next tick."""
    for entry in app.conf.beat_schedule.values():
        app.send_task(entry["task"])
