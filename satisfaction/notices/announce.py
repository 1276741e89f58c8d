"""Notices of something that happened: they wait for nothing, and end when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from satisfaction.core.person import Person

from .models import Notice


def post_notice(
    person: Person, kind: str, *, period: str, params: Mapping[str, Any], now: datetime, url: str = ""
) -> Notice:
    """One for a person, kind and period; happening again, it says the latest and is unread once more."""
    values = {"params": dict(params), "url": url, "created_at": now, "read_at": None, "ended_at": None}
    return Notice.objects.update_or_create(person=person, kind=kind, period=period, defaults=values)[0]
