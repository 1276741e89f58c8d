"""`/healthz` for load balancers and supervisors; no sign-in, no data."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from satisfaction import embedded
from satisfaction.jobs.models import Heartbeat

from .celery import app

LATE_AFTER = timedelta(minutes=5)
STARTUP_SECONDS = 120.0  # after the start of the process, in which a missing beat is not reported
OK, STARTING, LATE, FAILING, UNKNOWN = "ok", "starting", "late", "failing", "unknown"
process_started = time.monotonic()
logger = structlog.get_logger(__name__)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 if everything works or is just starting, else 503 with the failing part in the JSON.

    `{"status", "database", "broker", "beat", "beat_at"}`: the first four are ok, starting, late, failing or
    unknown; `beat_at` is the time of the last beat (ISO) or null.
    """
    database, broker, beat_at = check_database(), check_broker(), None
    beat = UNKNOWN
    if database == OK:
        beat_at = Heartbeat.objects.filter(name="beat").values_list("at", flat=True).first()
        beat = beat_status(beat_at, now=timezone.now(), uptime=time.monotonic() - process_started)
    healthy = database == OK and broker == OK and beat in (OK, STARTING)
    body = {"status": OK if healthy else FAILING, "database": database, "broker": broker, "beat": beat}
    return JsonResponse({**body, "beat_at": beat_at}, status=200 if healthy else 503)


def check_database() -> str:
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM jobs_heartbeat")
    except DatabaseError:
        logger.exception("health_database")
        return FAILING
    return OK


def check_broker() -> str:
    """Checks the connection to Redis; without Redis, the threads of this process."""
    if settings.EMBEDDED_WORKER:
        return OK if embedded.is_running() else FAILING
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (OperationalError, OSError):
        logger.exception("health_broker")
        return FAILING
    return OK


def beat_status(beat_at: datetime | None, *, now: datetime, uptime: float) -> str:
    """Returns ok, late, or starting while a new process waits for the first beat."""
    if beat_at is not None and now - beat_at <= LATE_AFTER:
        return OK
    return STARTING if uptime < STARTUP_SECONDS else LATE
