"""`/healthz`: one answer for load balancers, with the reason in plain words."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from satisfaction import embedded, health
from satisfaction.celery import app
from satisfaction.health import STARTUP_SECONDS, beat_status
from satisfaction.jobs.actions import record_heartbeat

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "uptime", "word"),
    [
        (timedelta(seconds=30), 5, "ok"),
        (timedelta(minutes=5), 3600, "ok"),
        (timedelta(minutes=5, seconds=1), 3600, "late"),
        (timedelta(days=3), STARTUP_SECONDS - 1, "starting"),
        (timedelta(days=3), STARTUP_SECONDS, "late"),
        (None, 5, "starting"),
        (None, 3600, "late"),
    ],
)
def test_judge_beat(age, uptime, word):
    beat_at = None if age is None else NOW - age

    assert beat_status(beat_at, now=NOW, uptime=uptime) == word


@pytest.fixture
def old_process(monkeypatch):
    """State of a process that has been up for an hour."""
    monkeypatch.setattr(health, "process_started", health.time.monotonic() - 3600)


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_healthz_without_worker_fails_and_says_which_part(client, old_process):
    record_heartbeat("beat", now=NOW)

    response = client.get("/healthz")

    assert not embedded.is_running()
    assert (response.status_code, response.json()) == (
        503,
        {
            "status": "failing",
            "database": "ok",
            "broker": "failing",
            "beat": "ok",
            "beat_at": "2026-05-12T09:00:00Z",
        },
    )


@pytest.mark.redis
@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_healthz_with_redis_is_ok_for_everybody(client, old_process, settings, redis_url):
    settings.EMBEDDED_WORKER = False
    record_heartbeat("beat", now=NOW)

    with broker_at(redis_url):
        response = client.get("/healthz")

    assert (response.status_code, response.json()) == (
        200,
        {"status": "ok", "database": "ok", "broker": "ok", "beat": "ok", "beat_at": "2026-05-12T09:00:00Z"},
    )


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_healthz_with_a_broker_that_is_away_fails(client, old_process, settings):
    settings.EMBEDDED_WORKER = False
    record_heartbeat("beat", now=NOW - timedelta(hours=1))

    with broker_at("redis://127.0.0.1:1/0"):
        response = client.get("/healthz")

    assert (response.status_code, response.json()) == (
        503,
        {
            "status": "failing",
            "database": "ok",
            "broker": "failing",
            "beat": "late",
            "beat_at": "2026-05-12T08:00:00Z",
        },
    )


@pytest.mark.django_db
def test_healthz_changes_nothing_and_takes_no_posts(client):
    assert client.post("/healthz").status_code == 405


def broker_at(url):
    """The product's Celery application, temporarily with another broker."""

    @contextmanager
    def switched():
        before = app.conf.broker_url
        app.conf.broker_url = url
        try:
            yield
        finally:
            app.conf.broker_url = before

    return switched()
