"""Queueing work: an unavailable broker does not turn a finished request into an error."""

import pytest
from django.db import transaction

from satisfaction.celery import app
from satisfaction.jobs.actions import submit_job
from satisfaction.jobs.tasks import requeue_jobs


@pytest.fixture
def broker_away():
    before = app.conf.broker_url
    app.conf.update(broker_url="redis://127.0.0.1:1/0", task_publish_retry=False)
    app._after_fork()  # drops the open connections
    yield
    app.conf.update(broker_url=before, task_publish_retry=True)
    app._after_fork()


HANDING_OVER = {
    "delay": lambda: requeue_jobs.delay_on_commit(),
    "apply_async": lambda: requeue_jobs.apply_async_on_commit(),
    "job": lambda: submit_job(kind="tests.nothing", by=None),
}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("way", HANDING_OVER)
def test_handing_over_after_a_commit_survives_a_broker_that_is_away(broker_away, way, caplog):
    with transaction.atomic():
        HANDING_OVER[way]()

    assert "Error calling" in caplog.text


def test_every_entry_of_the_schedule_names_a_task_that_exists():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
