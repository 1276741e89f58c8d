"""Whether this installation sends mail."""

from __future__ import annotations

from django.conf import settings

DUMMY_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


def sends_mail() -> bool:
    """False without EMAIL_URL: then there is no password reset by mail and no daily mail."""
    return settings.EMAIL_BACKEND != DUMMY_BACKEND
