"""Questions about people, in the words of the domain."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from .models import User  # noqa: F401


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def in_caller_group(self, group: str) -> UserQuerySet:
        return self.filter(caller_group=group)

    def with_role(self, role: str) -> UserQuerySet:
        return self.filter(groups__name=role)

    def on_duty(self, day: date) -> UserQuerySet:
        """Everybody active is on duty every day unless the roster says absent."""
        from .models import Absence

        absent = Absence.objects.filter(person=OuterRef("pk")).covering(day)
        return self.active().filter(~Exists(absent))


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's manager with our questions."""


class AbsenceQuerySet(models.QuerySet):
    def covering(self, day: date) -> AbsenceQuerySet:
        return self.filter(Q(first_on__lte=day) & Q(last_on__gte=day))
