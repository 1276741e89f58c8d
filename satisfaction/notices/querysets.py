"""Questions about notices and digests, in the words of the domain."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, F, IntegerField, Value, When

from .enums import DigestState
from .kinds import KINDS

if TYPE_CHECKING:
    from satisfaction.accounts.models import User

    from .models import Digest, Notice  # noqa: F401


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, person: User) -> NoticeQuerySet:
        """A notice is for one person's eyes."""
        return self.filter(person=person)

    def standing(self) -> NoticeQuerySet:
        """What they speak of still waits, read or not."""
        return self.filter(ended_at__isnull=True)

    def unread(self) -> NoticeQuerySet:
        return self.standing().filter(read_at__isnull=True)

    def latest_first(self) -> NoticeQuerySet:
        """What still stands, unread before read, overdue before waiting; then what is done."""
        overdue = [kind.key for kind in KINDS.values() if kind.is_overdue]
        rank = Case(When(kind__in=overdue, then=Value(0)), default=Value(1), output_field=IntegerField())
        return self.order_by(
            F("ended_at").desc(nulls_first=True),
            F("read_at").desc(nulls_first=True),
            rank,
            "-created_at",
            "-pk",
        )


class DigestQuerySet(models.QuerySet["Digest"]):
    def pending(self) -> DigestQuerySet:
        return self.filter(state=DigestState.PENDING)

    def before(self, day: date) -> DigestQuerySet:
        return self.filter(day__lt=day)

    def queued_before(self, moment: datetime) -> DigestQuerySet:
        return self.filter(queued_at__lt=moment)
