"""The order of service in SQL, so that the first of a long queue costs what the first of a short one does (§6)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, DateTimeField, F, IntegerField, OuterRef, Q, Subquery, Value, When

from evaluations.models import CallbackAttempt
from evaluations.models.callbacks import CallbackQuerySet

from .rules import NEAR_DEADLINE, SERVICE_ORDER, Service


def in_service_order(rows: CallbackQuerySet, now: datetime) -> CallbackQuerySet:
    """Sorts like `rules.callbacks.service_key`: a test compares the two."""
    # One look into an index for each row; EXISTS may be turned into reading all attempts there are.
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
