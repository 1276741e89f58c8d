"""Confirming and declining roles that need a second person (domain §12.4)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock

from .enums import GrantState
from .models import RoleGrant, User
from .people import caller_group_of, with_implied, write_roles
from .second_person import others_who_decide


@transaction.atomic
def confirm_grant(grant: RoleGrant, *, by: User, now: datetime, address: str | None = None) -> RoleGrant:
    """Assigns the role. Repeating it returns the decided grant.

    Raises Refused if the grant was declined, the person is deactivated, or the roles conflict; NotAllowed for
    the person who asked, the person who receives the role, and anybody who is neither head nor admin.
    """
    grant = _locked(grant)
    now = after_lock(now)
    if grant.state == GrantState.CONFIRMED:
        return grant
    if by not in others_who_decide(person=grant.person, by=grant.asked_by):
        raise NotAllowed(_("由提出人和本人以外的另一名系统管理员或科室负责人确认。"))
    _refuse_decided(grant)
    if not grant.person.is_active:
        raise Refused(_("%(name)s 的账号已停用,不能授予角色。") % {"name": grant.person})
    wanted = with_implied({*grant.person.group_roles(), grant.role})
    caller_group_of(wanted)
    write_roles(grant.person, wanted, by=by, now=now, address=address)
    return _decide(grant, GrantState.CONFIRMED, AuditKind.CONFIRMED, by=by, now=now, address=address)


@transaction.atomic
def decline_grant(grant: RoleGrant, *, by: User, now: datetime, address: str | None = None) -> RoleGrant:
    """Declines the role; the person who asked may withdraw the request.

    Repeating it returns the decided grant.
    """
    grant = _locked(grant)
    now = after_lock(now)
    if grant.state == GrantState.DECLINED:
        return grant
    if by != grant.asked_by and by not in others_who_decide(person=grant.person, by=grant.asked_by):
        raise NotAllowed(_("由提出人,或另一名系统管理员或科室负责人驳回。"))
    _refuse_decided(grant)
    return _decide(grant, GrantState.DECLINED, AuditKind.DECLINED, by=by, now=now, address=address)


def _locked(grant: RoleGrant) -> RoleGrant:
    User.objects.select_for_update(no_key=True).get(pk=grant.person_id)
    return (
        RoleGrant.objects.select_for_update(of=("self",))
        .select_related("person", "asked_by")
        .get(pk=grant.pk)
    )


def _refuse_decided(grant: RoleGrant) -> None:
    if grant.state != GrantState.PENDING:
        raise Refused(_("这项授权已有决定(%(state)s)。") % {"state": grant.get_state_display()})


def _decide(
    grant: RoleGrant, state: GrantState, kind: AuditKind, *, by: User, now: datetime, address: str | None
) -> RoleGrant:
    grant.state, grant.decided_by, grant.decided_at = state, by, now
    grant.save(update_fields=["state", "decided_by", "decided_at"])
    details = {"role": grant.role, "asked_by": str(grant.asked_by)}
    record_event(kind, by=by, at=now, subject=grant.person, details=details, address=address)
    return grant
