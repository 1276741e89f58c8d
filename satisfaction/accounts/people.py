"""Assigning roles, deactivating people, and the one-time link for the first sign-in (domain §12)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.errors import Refused
from satisfaction.core.history import set_change_author
from satisfaction.core.roles import Role

from .enums import CallerGroup
from .models import User
from .second_person import withhold_roles

IMPLIED = {Role.LEAD: Role.DISPATCHER, Role.HEAD: Role.MANAGER}


def with_implied(roles: Iterable[str]) -> frozenset[Role]:
    """Returns the roles and those they include: a lead is a dispatcher, a head is a manager."""
    named = {Role(role) for role in roles}
    return frozenset(named | {IMPLIED[role] for role in named if role in IMPLIED})


def caller_group_of(roles: frozenset[Role]) -> str:
    """Returns the caller group of the roles, "" for none.

    Raises Refused for dispatcher and manager together (domain §12).
    """
    groups = [group for group in CallerGroup if Role(group.value) in roles]
    if len(groups) > 1:
        raise Refused(_("一个人只能属于一个回访组:调度(调度长)与管理人员(科室负责人)不能兼任,请只保留其一。"))
    return groups[0].value if groups else ""


@transaction.atomic
def set_roles(
    person: User,
    roles: Iterable[str],
    *,
    by: User | None,
    now: datetime | None = None,
    address: str | None = None,
) -> User:
    """Assigns exactly these roles and the ones they include; updates groups, caller group and `is_staff`.

    The roles head and admin wait for a second person if there is one (`second_person`); the others are
    assigned at once. Raises Refused if the last active admin would lose the role. Repeating it changes and
    records nothing.
    """
    now = now or timezone.now()
    given = {Role(role) for role in roles}
    caller_group_of(with_implied(given))
    person = User.objects.select_for_update().get(pk=person.pk)
    withheld = withhold_roles(person, given, by=by, now=now)
    # While head is pending, the person becomes manager only if that role was requested or is held already.
    held = with_implied(given) & {Role(role) for role in person.group_roles()}
    return write_roles(person, with_implied(given - withheld) | held, by=by, now=now, address=address)


def write_roles(
    person: User, wanted: frozenset[Role], *, by: User | None, now: datetime, address: str | None = None
) -> User:
    """Writes roles, caller group and `is_staff` of a locked person, with history and audit."""
    group, is_staff = caller_group_of(wanted), Role.ADMIN in wanted or person.is_superuser
    before = person.group_roles()
    if before == wanted and (person.caller_group, person.is_staff) == (group, is_staff):
        return person
    if Role.ADMIN not in wanted:
        refuse_losing_the_last_admin(person)
    person.groups.set(Group.objects.filter(name__in=wanted))
    person.caller_group, person.is_staff = group, is_staff
    person.__dict__.pop("roles", None)
    save_with_history(person, ["caller_group", "is_staff"], by=by, reason=_("角色:%s") % role_names(wanted))
    details = {"roles": [sorted(before), sorted(wanted)]}
    record_event(AuditKind.ROLES_CHANGED, by=by, at=now, subject=person, details=details, address=address)
    return person


def role_names(roles: Iterable[str]) -> str:
    return _("、").join(str(role.label) for role in Role if role in set(roles)) or _("无")


def refuse_losing_the_last_admin(person: User) -> None:
    others = User.objects.active().admins().exclude(pk=person.pk)
    if person.is_active and person.has_role(Role.ADMIN) and not person.is_superuser and not others.exists():
        raise Refused(_("至少要保留一名系统管理员:请先把该角色交给另一个人。"))


def deactivate(person: User, *, by: User | None) -> User:
    """The person can no longer sign in and is left out of queues; past records stay.

    Raises Refused for the own account and for the last admin.
    """
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        if not person.is_active:
            return person
        if by is not None and by.pk == person.pk:
            raise Refused(_("不能停用自己的账号,请由另一名系统管理员操作。"))
        others = User.objects.active().admins().exclude(pk=person.pk)
        if person.has_role(Role.ADMIN) and not others.exists():
            raise Refused(_("至少要保留一名系统管理员:请先把该角色交给另一个人。"))
        person.is_active = False
        save_with_history(person, ["is_active"], by=by, reason=_("停用"))
    return person


def reactivate(person: User, *, by: User | None) -> User:
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        if person.is_active:
            return person
        person.is_active = True
        save_with_history(person, ["is_active"], by=by, reason=_("恢复"))
    return person


def save_with_history(person: User, fields: list[str], *, by: User | None, reason: str) -> None:
    """Saves the fields with author and reason in the history."""
    set_change_author(person, by=by, reason=reason)
    person.save(update_fields=fields)


def one_time_link(person: User, *, site: str = "") -> str:
    """Returns an address that lets the person set a password and signs in; valid once and for 72 hours.

    The token is not stored: it expires when the password changes or the person signs in. Raises Refused for a
    deactivated person.
    """
    if not person.is_active:
        raise Refused(_("%(name)s 的账号已停用,请先恢复再发一次性链接。") % {"name": person})
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    path = reverse("accounts:password_set", args=[uid, default_token_generator.make_token(person)])
    return f"{site or settings.SITE_URL}{path}"


def people_with(roles: tuple[str, ...]) -> QuerySet[User]:
    """Active people with one of the roles, by name."""
    return User.objects.active().filter(groups__name__in=roles).distinct().order_by("name", "username")
