"""Roles, coming and going of people, and the one-time link with which they sign in first (§12)."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from satisfaction.accounts.enums import CallerGroup, Role
from satisfaction.accounts.models import User
from satisfaction.errors import Refused
from satisfaction.traces import sign

IMPLIED = {Role.LEAD: Role.DISPATCHER, Role.HEAD: Role.MANAGER}


def with_implied(roles: Iterable[str]) -> frozenset[Role]:
    """A lead is a dispatcher, a head is a manager."""
    named = {Role(role) for role in roles}
    return frozenset(named | {IMPLIED[role] for role in named if role in IMPLIED})


def caller_group_of(roles: frozenset[Role]) -> str:
    """The group that phones, "" for none; dispatcher and manager together are Refused (§12)."""
    groups = [group for group in CallerGroup if Role(group.value) in roles]
    if len(groups) > 1:
        raise Refused(_("一个人只能属于一个回访组:调度(调度长)与管理人员(科室负责人)不能兼任,请只保留其一。"))
    return groups[0].value if groups else ""


def set_roles(person: User, roles: Iterable[str], *, by: User | None) -> User:
    """Gives the person exactly these roles and what they imply; groups, caller group and staff mark go together.

    The last active admin keeps the role. Repeating it changes nothing and leaves no trace.
    """
    wanted = with_implied(roles)
    group = caller_group_of(wanted)
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        if person.group_roles() == wanted and (person.caller_group, person.is_staff) == (
            group,
            Role.ADMIN in wanted or person.is_superuser,
        ):
            return person
        if Role.ADMIN not in wanted:
            refuse_losing_the_last_admin(person)
        person.groups.set(Group.objects.filter(name__in=wanted))
        person.caller_group = group
        person.is_staff = Role.ADMIN in wanted or person.is_superuser
        person.__dict__.pop("roles", None)
        keep(person, ["caller_group", "is_staff"], by=by, reason=_("角色:%s") % role_names(wanted))
    return person


def role_names(roles: Iterable[str]) -> str:
    return _("、").join(str(role.label) for role in Role if role in set(roles)) or _("无")


def refuse_losing_the_last_admin(person: User) -> None:
    others = User.objects.active().admins().exclude(pk=person.pk)
    if person.is_active and person.has_role(Role.ADMIN) and not person.is_superuser and not others.exists():
        raise Refused(_("至少要保留一名系统管理员:请先把该角色交给另一个人。"))


def deactivate(person: User, *, by: User | None) -> User:
    """Who is gone no longer signs in and stands in no queue; nothing of the past is lost."""
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
        keep(person, ["is_active"], by=by, reason=_("停用"))
    return person


def reactivate(person: User, *, by: User | None) -> User:
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        if person.is_active:
            return person
        person.is_active = True
        keep(person, ["is_active"], by=by, reason=_("恢复"))
    return person


def keep(person: User, fields: list[str], *, by: User | None, reason: str) -> None:
    """Saves the fields and leaves a trace of who and why."""
    sign(person, by=by, reason=reason)
    person.save(update_fields=fields)


def one_time_link(person: User, *, site: str = "") -> str:
    """An address with which the person sets a password and is signed in; valid once and for 72 hours.

    Nothing is stored: it stops working when the password changes or the person signs in.
    """
    if not person.is_active:
        raise Refused(_("%(name)s 的账号已停用,请先恢复再发一次性链接。") % {"name": person})
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    path = reverse("accounts:password_set", args=[uid, default_token_generator.make_token(person)])
    return f"{site or settings.SITE_URL}{path}"
