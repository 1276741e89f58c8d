"""Questions about callbacks, in the words of the domain."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models

from ..enums import ENDED_BY_CALL, OPEN, CallbackState, Source

if TYPE_CHECKING:
    from ..models import Callback  # noqa: F401


class CallbackQuerySet(models.QuerySet["Callback"]):
    def drawn(self) -> CallbackQuerySet:
        """Counted by the draw: not imported, not set aside (§5, §11)."""
        return self.filter(source=Source.APP).exclude(state=CallbackState.SET_ASIDE)

    def open(self) -> CallbackQuerySet:
        return self.filter(state__in=OPEN)

    def ended(self) -> CallbackQuerySet:
        """Ended by a call, with or without a rating (or as a wrong number)."""
        return self.filter(state__in=ENDED_BY_CALL)

    def rated(self) -> CallbackQuerySet:
        return self.filter(state=CallbackState.RATED)

    def unpublished(self) -> CallbackQuerySet:
        return self.ended().filter(published_at__isnull=True)

    def of_day(self, day: date) -> CallbackQuerySet:
        """Of orders closed on the day."""
        return self.filter(order__closed_on=day)

    def overdue(self, now: datetime) -> CallbackQuerySet:
        return self.open().filter(due_at__lt=now)
