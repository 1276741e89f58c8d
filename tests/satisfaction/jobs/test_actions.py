"""Rows for background jobs: each job ends once, even if the queue loses or duplicates it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import translation

from satisfaction.accounts.models import User
from satisfaction.celery import app
from satisfaction.core.errors import Refused
from satisfaction.jobs import actions as domain
from satisfaction.jobs.actions import (
    JobOutcome,
    claim_job,
    release_abandoned,
    requeue_jobs,
    run_job,
    submit_job,
)
from satisfaction.jobs.models import Heartbeat, Job, JobState
from tests.processes import until

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
KIND = "tests.count_lines"


@pytest.fixture
def person():
    return User.objects.create(username="zhang", name="张")


@pytest.fixture
def queued(settings):
    """The ids sent to the broker so far, in order."""
    with app.connection_for_write() as broker:
        queue = broker.SimpleQueue(app.conf.task_default_queue)
        queue.clear()

        def ids():
            found = []
            while queue.qsize():
                message = queue.get(block=False)
                message.ack()
                found.append((message.headers["task"], message.payload[0]))
            return found

        yield ids
        queue.clear()
        queue.close()


def make_job(*, state=JobState.PENDING, beat_at=NOW, attempts=0, **fields):
    job = Job.objects.create(kind=KIND, state=state, attempts=attempts, **fields)
    Job.objects.filter(pk=job.pk).update(beat_at=beat_at)
    job.refresh_from_db()
    return job


def ended(job):
    job.refresh_from_db()
    return job.state, job.result, job.error, job.ended_at is not None


def content(file):
    with file.open() as opened:
        return opened.read()


def test_submit_job_stores_the_row_and_hands_over_its_id_after_the_commit(
    person, queued, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        job = submit_job(kind=KIND, by=person, file=ContentFile(b"a\nb", "二月.csv"), options={"dry": True})

    assert queued() == []
    for callback in callbacks:
        callback()
    assert queued() == [(KIND, [job.pk])]
    job.refresh_from_db()
    assert (job.by, job.filename, job.state, job.options, content(job.input)) == (
        person,
        "二月.csv",
        JobState.PENDING,
        {"dry": True, "language": "zh-hans"},
        b"a\nb",
    )


def test_run_job_stores_result_and_output():
    job = make_job()

    run_job(job.pk, lambda running: JobOutcome({"rows": 2}, ContentFile(b"xlsx", "拒绝的行.xlsx")))

    assert ended(job) == (JobState.DONE, {"rows": 2}, "", True)
    assert (job.output.name.endswith(".xlsx"), content(job.output), job.attempts) == (True, b"xlsx", 1)


def test_run_job_takes_a_plain_dictionary_as_result():
    job = make_job()

    run_job(job.pk, lambda running: {"rows": 2})

    assert ended(job) == (JobState.DONE, {"rows": 2}, "", True)


def test_run_job_twice_does_the_work_once():
    job, done = make_job(), []

    outcomes = [run_job(job.pk, lambda running: done.append(running.job.pk)) for _twice in range(2)]

    assert (done, [outcome is None for outcome in outcomes]) == ([job.pk], [False, True])


def test_run_job_keeps_the_sentence_of_a_refusal():
    job = make_job()

    def work(running):
        raise Refused("文件无法读取。")

    run_job(job.pk, work)

    assert ended(job) == (JobState.FAILED, None, "文件无法读取。", True)


def test_run_job_shows_no_traceback_of_a_defect_but_logs_it(caplog):
    job = make_job()

    run_job(job.pk, lambda running: 1 / 0)

    assert ended(job) == (JobState.FAILED, None, f"处理时出错,请把编号 {job.pk} 告诉管理员。", True)
    assert [(record.msg["event"], record.msg["exc_info"]) for record in caplog.records] == [
        ("job_failed", True)
    ]


def test_run_job_speaks_the_language_of_the_page():
    job, spoken = make_job(options={"language": "en"}), []

    run_job(job.pk, lambda running: spoken.append(translation.get_language()))

    assert (spoken, translation.get_language()) == (["en"], "zh-hans")


def test_progress_is_written_to_the_row():
    job, seen = make_job(), []

    def work(running):
        running.progress(30, 120)
        seen.append(Job.objects.values_list("progress", "total").get(pk=job.pk))

    run_job(job.pk, work)

    assert seen == [(30, 120)]


def test_work_that_was_given_to_somebody_else_stops_and_leaves_the_row_alone():
    job = make_job()

    def slow(running):
        release_abandoned(before=running.job.beat_at + timedelta(seconds=1))
        claim_job(job.pk)
        running.progress(1, 2)
        raise AssertionError("went on")

    run_job(job.pk, slow)

    assert ended(job) == (JobState.RUNNING, None, "", False)
    assert job.attempts == 2


def test_work_that_was_given_to_somebody_else_does_not_end_the_row():
    job = make_job()

    def slow(running):
        release_abandoned(before=running.job.beat_at + timedelta(seconds=1))
        return {"rows": 1}

    run_job(job.pk, slow)

    assert ended(job) == (JobState.PENDING, None, "", False)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_work_inside_a_transaction_gives_signs_of_life(monkeypatch):
    monkeypatch.setattr(domain, "HEARTBEAT_INTERVAL", timedelta(milliseconds=10))
    job = make_job()

    def work(running):
        with transaction.atomic():
            until(lambda: Job.objects.get(pk=job.pk).beat_at > running.job.beat_at)

    run_job(job.pk, work)

    assert ended(job)[0] == JobState.DONE


def test_claim_gives_a_row_to_one_caller():
    job = make_job()

    first, second = claim_job(job.pk), claim_job(job.pk)

    assert (first, second) == (job, None)
    assert (first.state, first.attempts) == (JobState.RUNNING, 1)


def test_requeue_queues_what_waits_for_longer_than_a_minute_once(queued):
    lost = make_job(beat_at=NOW - timedelta(minutes=2))
    make_job(beat_at=NOW - timedelta(seconds=30))

    counts = [requeue_jobs(now=NOW), requeue_jobs(now=NOW)]

    assert (counts, queued()) == ([1, 0], [(KIND, [lost.pk])])


def test_requeue_gives_silent_work_to_another_worker(queued):
    just_alive = NOW - domain.dead_after()
    silent = make_job(state=JobState.RUNNING, beat_at=just_alive - timedelta(seconds=1), attempts=1)
    make_job(state=JobState.RUNNING, beat_at=just_alive, attempts=1)

    requeue_jobs(now=NOW)

    assert queued() == [(KIND, [silent.pk])]
    assert ended(silent)[0] == JobState.PENDING


def test_requeue_gives_up_after_three_attempts(queued):
    job = make_job(state=JobState.RUNNING, beat_at=NOW - timedelta(minutes=11), attempts=domain.MAX_ATTEMPTS)

    requeue_jobs(now=NOW)

    assert queued() == []
    assert ended(job) == (
        JobState.FAILED,
        None,
        "处理多次中断,已放弃。请重新提交;再次失败时请告诉管理员。",
        True,
    )


def test_requeue_leaves_ended_rows_alone(queued):
    for state in (JobState.DONE, JobState.FAILED):
        make_job(state=state, beat_at=NOW - timedelta(days=1))

    assert (requeue_jobs(now=NOW), queued()) == (0, [])


def test_beat_keeps_one_row_a_name():
    domain.record_heartbeat("beat", now=NOW)
    domain.record_heartbeat("beat", now=NOW + timedelta(minutes=1), detail={"done": 3})

    assert list(Heartbeat.objects.values_list("name", "at", "detail")) == [
        ("beat", NOW + timedelta(minutes=1), {"done": 3})
    ]


def test_unknown_state_is_refused_by_the_database():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_job(state="odd")
