"""Template tags for the demonstration."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone

from satisfaction.jobs.models import DEMO_HEARTBEAT, Heartbeat

register = template.Library()


@register.inclusion_tag("portal/demonstration.html")
def demonstration_accounts() -> dict[str, Any]:
    """Shows the demonstration's accounts beside the sign-in form; nothing unless DEMO=1 and it is loaded."""
    loaded = Heartbeat.objects.filter(name=DEMO_HEARTBEAT).first() if settings.DEMO else None
    if loaded is None:
        return {}
    accounts = loaded.detail["accounts"]
    return {
        "accounts": accounts,
        "password": accounts[0]["password"],
        "day": loaded.detail["day"],
        "is_aged": loaded.detail["day"] != timezone.localdate().isoformat(),
    }
