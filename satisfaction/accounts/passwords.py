"""The audit of password changes."""

from __future__ import annotations

from datetime import datetime

from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind

from .models import User


def record_password_change(person: User, *, now: datetime, address: str | None) -> None:
    """Records that the person set a password; call it in the transaction that sets it."""
    record_event(AuditKind.PASSWORD_CHANGED, by=person, at=now, subject=person, address=address)
