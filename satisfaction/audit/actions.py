"""Writing audit events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Model

from satisfaction.accounts.models import User

from .enums import AuditKind
from .models import AuditEvent

ABOUT_LENGTH = 200


def record(
    kind: AuditKind,
    *,
    by: User | None,
    at: datetime,
    subject: Model | None = None,
    about: str = "",
    reason: str = "",
    details: dict[str, Any] | None = None,
    address: str | None = None,
) -> AuditEvent:
    """Stores one event and returns it; call it inside the transaction of the act.

    `about` defaults to `str(subject)`. Phones in `details` must be masked by the caller.
    """
    return AuditEvent.objects.create(
        kind=kind,
        by=by,
        at=at,
        about=(about or (str(subject) if subject is not None else ""))[:ABOUT_LENGTH],
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        reason=reason,
        details=details or {},
        address=address,
    )
