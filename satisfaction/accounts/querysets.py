"""Questions about people, in the words of the domain."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When

from .enums import CallerGroup, GrantState, Role

if TYPE_CHECKING:
    from .models import User


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def in_caller_group(self, group: str) -> UserQuerySet:
        return self.filter(caller_group=group)

    def callers(self) -> UserQuerySet:
        """Whoever phones reporters, of either group."""
        return self.exclude(caller_group="")

    def with_role(self, role: str) -> UserQuerySet:
        return self.filter(groups__name=role)

    def named(self, username: str) -> User | None:
        """The person with this user name; upper and lower case are the same unless both exist."""
        found = list(self.filter(username__iexact=username)[:2])
        exact = next((person for person in found if person.username == username), None)
        return exact or (found[0] if len(found) == 1 else None)

    def admins(self) -> UserQuerySet:
        """Whoever has the role admin; a superuser is an admin too."""
        held = Group.objects.filter(name=Role.ADMIN, user=OuterRef("pk"))
        return self.filter(Q(is_superuser=True) | Exists(held))

    def with_roles(self) -> UserQuerySet:
        """What a list of people shows."""
        return self.prefetch_related("groups")

    def rostered_by(self, user: User) -> UserQuerySet:
        """Whose absences `user` may enter (§12): a lead dispatchers', a head managers', not own; an admin all."""
        if user.has_role(Role.ADMIN):
            return self.active()
        groups = [
            group
            for role, group in ((Role.LEAD, CallerGroup.DISPATCHER), (Role.HEAD, CallerGroup.MANAGER))
            if user.has_role(role)
        ]
        return self.active().filter(caller_group__in=groups).exclude(pk=user.pk)

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

    def rostered_by(self, user: User) -> AbsenceQuerySet:
        """The absences that `user` may see and end (§12)."""
        from .models import User

        return self.filter(person__in=User.objects.rostered_by(user))

    def not_over(self, day: date) -> AbsenceQuerySet:
        return self.filter(last_on__gte=day)


class RoleGrantQuerySet(models.QuerySet):
    def pending(self) -> RoleGrantQuerySet:
        return self.filter(state=GrantState.PENDING)

    def pending_first(self) -> RoleGrantQuerySet:
        waits = When(state=GrantState.PENDING, then=Value(0))
        return self.order_by(Case(waits, default=Value(1), output_field=IntegerField()), "-asked_at", "-pk")
