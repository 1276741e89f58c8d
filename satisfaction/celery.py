"""The Celery application; the schedule is in the settings."""

from __future__ import annotations

import os
from logging.config import dictConfig
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.signals import beat_init, setup_logging
from django.conf import settings
from django.db import transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "satisfaction.settings")


class RobustTask(DjangoTask):
    """A task whose sending may fail after a commit: the failure is logged and the request succeeds.

    The work is stored in rows. If the broker is down, the next beat finds them.
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
    """Makes workers and beat log like the web process; connecting disables Celery's own logging."""
    dictConfig(settings.LOGGING)


@beat_init.connect
def send_schedule_at_start(**_signal: Any) -> None:
    """Sends every scheduled task when the beat starts, instead of waiting for the next interval."""
    for entry in app.conf.beat_schedule.values():
        app.send_task(entry["task"])
