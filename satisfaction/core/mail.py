"""Whether mails leave this installation."""

from __future__ import annotations

from django.conf import settings

DUMMY_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


def sends_mail() -> bool:
    """False without EMAIL_URL: no reset by mail is offered then, and no daily mail is made."""
    return settings.EMAIL_BACKEND != DUMMY_BACKEND
