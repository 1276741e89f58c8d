"""Ending all sessions of a person."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind

from .models import User


@transaction.atomic
def sign_out_everywhere(person: User, *, by: User | None, now: datetime, address: str | None = None) -> User:
    """Ends all sessions that the person began up to now, on every device including this one."""
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    person.sessions_ended_at = now
    User.objects.filter(pk=person.pk).update(sessions_ended_at=now)  # no history row: the audit records it
    person.sessions_ended_at = now
    record_event(AuditKind.SIGNED_OUT_EVERYWHERE, by=by, at=now, subject=person, address=address)
    return person
