"""What is kept of passwords that were set."""

from __future__ import annotations

from datetime import datetime

from satisfaction.audit.actions import record
from satisfaction.audit.enums import AuditKind

from .models import User


def record_password_change(person: User, *, now: datetime, address: str | None) -> None:
    """The audit says that the person set a password, never which; inside the transaction that sets it."""
    record(AuditKind.PASSWORD_CHANGED, by=person, at=now, subject=person, address=address)
