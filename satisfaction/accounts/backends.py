"""The authentication backend."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend


class AccountBackend(ModelBackend):
    """User name and password.

    Demonstration accounts sign in with DEMO=1 only, since their password is public.

    Their sessions end when DEMO is switched off.
    """

    def user_can_authenticate(self, user: Any) -> bool:
        is_kept_out = user is not None and user.is_demonstration and not settings.DEMO
        return super().user_can_authenticate(user) and not is_kept_out
