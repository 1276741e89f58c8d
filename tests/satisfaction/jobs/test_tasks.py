"""The tick is harmless when run twice or late."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from celery import Celery

from satisfaction.jobs.models import Heartbeat, Job
from satisfaction.jobs.tasks import requeue_jobs

pytestmark = pytest.mark.django_db


@time_machine.travel("2026-05-12 09:00 +0800", tick=False)
def test_requeue_task_leaves_a_heartbeat_and_moves_what_waits():
    job = Job.objects.create(kind="tests.nothing")
    Job.objects.filter(pk=job.pk).update(beat_at=job.beat_at - timedelta(minutes=5))

    requeue_jobs()
    requeue_jobs()

    job.refresh_from_db()
    (heartbeat,) = Heartbeat.objects.all()
    assert (heartbeat.name, job.beat_at) == ("beat", heartbeat.at)


@pytest.mark.redis
def test_redis_broker_takes_what_the_product_hands_over(redis_url):
    broker = Celery("tests", broker=redis_url, set_as_current=False)
    broker.conf.task_default_queue = f"satisfaction-tests-{uuid4().hex}"
    broker.send_task("jobs.requeue")

    with broker.connection_for_read() as connection:
        queue = connection.SimpleQueue(broker.conf.task_default_queue)
        message = queue.get(timeout=5)
        message.ack()
        queue.queue.delete()
        queue.close()
    assert message.headers["task"] == "jobs.requeue"
