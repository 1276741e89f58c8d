"""Writing audit events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from satisfaction.core.client_address import address_of
from satisfaction.core.person import Person
from satisfaction.core.requests import person_of

from .enums import AuditKind
from .models import AuditEvent

MAX_ABOUT_LENGTH = 200


def record_event(
    kind: AuditKind,
    *,
    by: Person | None,
    at: datetime,
    subject: Model | None = None,
    about: str = "",
    reason: str = "",
    details: dict[str, Any] | None = None,
    address: str | None = None,
) -> AuditEvent:
    """Stores one event and returns it; call it in the transaction of the action.

    `about` defaults to `str(subject)`. Phones in `details` must be masked by the caller.
    """
    return AuditEvent.objects.create(
        kind=kind,
        by=by,
        at=at,
        about=(about or (str(subject) if subject is not None else ""))[:MAX_ABOUT_LENGTH],
        subject_type=subject._meta.label_lower if subject is not None else "",
        subject_id=subject.pk if subject is not None else None,
        reason=reason,
        details=details or {},
        address=address,
    )


def record_file(
    request: HttpRequest,
    *,
    about: str,
    rows: int,
    kind: AuditKind = AuditKind.EXPORTED,
    subject: Model | None = None,
    **details: Any,
) -> None:
    """Records that somebody exported data as a file or on paper: its name and the number of rows.

    A HEAD request returns no file and records nothing.
    """
    if request.method == "HEAD":
        return
    record_event(
        kind,
        by=person_of(request),
        at=timezone.now(),
        subject=subject,
        about=about,
        details={"rows": rows, **details},
        address=address_of(request),
    )
