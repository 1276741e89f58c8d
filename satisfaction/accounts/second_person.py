"""The roles head and admin need two people to assign them, where there are two (domain §12.4)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.roles import Role

from .enums import GrantState
from .models import RoleGrant, User

TWO_PERSON_ROLES = frozenset({Role.HEAD, Role.ADMIN})


def deciders() -> Q:
    """The filter for people who may confirm a grant: active heads and admins."""
    return Q(is_active=True) & (Q(groups__name__in=TWO_PERSON_ROLES) | Q(is_superuser=True))


def others_who_decide(*, person: User, by: User) -> list[User]:
    """Returns heads and admins except the person who asks and the person who receives the role."""
    return list(User.objects.filter(deciders()).exclude(pk__in=[person.pk, by.pk]).distinct().order_by("pk"))


def withhold_roles(
    person: User, wanted: Collection[Role], *, by: User | None, now: datetime
) -> frozenset[Role]:
    """Requests confirmation for the roles of `wanted` that need a second person, and returns these roles.

    Empty for a command on the server and if nobody else is head or admin. Repeating it changes nothing. Call
    it in the transaction that assigns the other roles.
    """
    new = TWO_PERSON_ROLES & set(wanted) - person.group_roles()
    if by is None or not new or not others_who_decide(person=person, by=by):
        return frozenset()
    for role in sorted(new):
        _grant, is_new = RoleGrant.objects.get_or_create(
            person=person, role=role, state=GrantState.PENDING, defaults={"asked_by": by, "asked_at": now}
        )
        if is_new:
            record_event(AuditKind.ROLE_ASKED, by=by, at=now, subject=person, details={"role": role.value})
    return frozenset(new)
