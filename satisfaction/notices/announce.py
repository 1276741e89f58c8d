"""Notices of an event. They require no action and end when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from satisfaction.core.person import Person

from .models import Notice


def post_notice(
    person: Person, kind: str, *, period: str, params: Mapping[str, Any], now: datetime, url: str = ""
) -> Notice:
    """Stores the notice of an event, one for a person, kind and period.

    If it exists already, it gets the new parameters and is unread again.
    """
    values = {"params": dict(params), "url": url, "created_at": now, "read_at": None, "ended_at": None}
    return Notice.objects.update_or_create(person=person, kind=kind, period=period, defaults=values)[0]
