"""Reading audit events."""

from __future__ import annotations

from django.db.models import Model, QuerySet

from .enums import AuditKind
from .models import AuditEvent


def events_about(subject: Model, *kinds: AuditKind) -> QuerySet[AuditEvent]:
    """Returns the events of these kinds about one row, oldest first. Check access to the row before."""
    events = AuditEvent.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=subject.pk, kind__in=kinds
    )
    return events.select_related("by").order_by("at", "id")
