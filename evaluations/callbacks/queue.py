"""The caller's queue in the order of service: in Python for a page, in SQL for the first rows (domain §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, DateTimeField, F, IntegerField, OuterRef, Q, Subquery, Value, When

from evaluations.models import Callback, CallbackAttempt, EvaluationPolicy
from evaluations.models.callbacks import CallbackQuerySet, CallbackWithAttempts
from satisfaction.accounts.models import User
from satisfaction.calendars import days

from .guards import hours_of
from .rules import (
    NEAR_DEADLINE,
    SERVICE_ORDER,
    CallingHours,
    InQueue,
    Service,
    callable_at,
    service_key,
    service_of,
)


def hours_now(now: datetime) -> CallingHours:
    """Returns the calling hours of today's policy."""
    return hours_of(EvaluationPolicy.objects.for_month(days.local_day(now)))


@dataclass(frozen=True)
class QueuedCall:
    """An open callback in its caller's queue; `callable_at` is the earliest time to call."""

    callback: CallbackWithAttempts
    service: Service
    callable_at: datetime


def queue_of(caller: User, *, now: datetime, hours: CallingHours | None = None) -> list[QueuedCall]:
    """Returns the caller's open callbacks in the order of service; one query, whatever the size (domain §6).

    With `hours`, only promised calls may be made outside them. Excludes wrong numbers.
    """
    rows = Callback.objects.in_queue_of(caller).with_attempt_count()
    rows = rows.select_related("order__crew", "held_by", "draft")
    calls = [_queued(row, now, hours) for row in rows]
    return sorted(
        calls,
        key=lambda call: (call.service is Service.NOT_YET, *service_key(_in_queue(call.callback), now)),
    )


def _queued(row: CallbackWithAttempts, now: datetime, hours: CallingHours | None) -> QueuedCall:
    at = callable_at(_in_queue(row), now, hours)
    service = Service.NOT_YET if at > now else service_of(_in_queue(row), now)
    return QueuedCall(row, service, at)


def _in_queue(row: CallbackWithAttempts) -> InQueue:
    return InQueue(
        id=row.pk,
        due_at=row.due_at,
        call_again_at=row.call_again_at,
        is_promised=row.is_promised,
        has_attempts=bool(row.attempt_count),
    )


def in_service_order(rows: CallbackQuerySet, now: datetime) -> CallbackQuerySet[Any]:
    """Sorts like `rules.service_key`; a test compares the two."""
    # One index lookup per row; the planner may turn EXISTS into a scan of all attempts.
    attempt = Subquery(CallbackAttempt.objects.filter(callback=OuterRef("pk")).order_by().values("pk")[:1])
    place = Case(
        When(call_again_at__gt=now, then=Value(SERVICE_ORDER[Service.NOT_YET])),
        When(Q(call_again_at__isnull=False, is_promised=True), then=Value(SERVICE_ORDER[Service.PROMISED])),
        When(due_at__lte=now + NEAR_DEADLINE, then=Value(SERVICE_ORDER[Service.NEAR_DEADLINE])),
        When(attempt__isnull=False, then=Value(SERVICE_ORDER[Service.RETRY])),
        default=Value(SERVICE_ORDER[Service.FRESH]),
        output_field=IntegerField(),
    )
    by_time = Case(
        When(
            place__in=[SERVICE_ORDER[one] for one in (Service.PROMISED, Service.RETRY, Service.NOT_YET)],
            then=F("call_again_at"),
        ),
        output_field=DateTimeField(),
    )
    has_no_deadline = Case(When(due_at__isnull=True, then=Value(1)), default=Value(0))
    return rows.annotate(attempt=attempt, place=place).order_by(
        "place", has_no_deadline, by_time.asc(nulls_first=True), "due_at", "pk"
    )
