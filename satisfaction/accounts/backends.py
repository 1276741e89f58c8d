"""Who may sign in and stay signed in."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from .models import User


class AccountBackend(ModelBackend):
    """User name and password; a demonstration account, whose password everybody knows, with DEMO=1 only.

    A session that such an account opened ends with the demonstration, too.
    """

    def user_can_authenticate(self, user: User | None) -> bool:  # type: ignore[override]
        is_kept_out = user is not None and user.is_demonstration and not settings.DEMO
        return super().user_can_authenticate(user) and not is_kept_out
