"""Roles that need a second person: heads and admins confirm or decline (domain §12.4)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from satisfaction.core.access import roles_required
from satisfaction.core.client_address import address_of
from satisfaction.core.pagination import page_of
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role

from .grants import confirm_grant, decline_grant
from .models import RoleGrant, User
from .second_person import others_who_decide

DECIDERS = (Role.HEAD, Role.ADMIN)


@dataclass(frozen=True)
class GrantRow:
    """A grant, and what the reader may do with it."""

    grant: RoleGrant
    may_confirm: bool
    may_decline: bool


@roles_required(*DECIDERS)
@require_safe
def grants(request: UserRequest) -> HttpResponse:
    """Lists pending grants, then decided ones."""
    rows = RoleGrant.objects.select_related("person", "asked_by", "decided_by").pending_first()
    page = page_of(request, rows).map(lambda grant: grant_row(grant, request.user))
    return render(request, "accounts/grants/list.html", {"page": page})


def grant_row(grant: RoleGrant, person: User) -> GrantRow:
    others = others_who_decide(person=grant.person, by=grant.asked_by) if grant.is_pending else []
    may_confirm = person in others
    return GrantRow(grant, may_confirm, grant.is_pending and (may_confirm or person == grant.asked_by))


@roles_required(*DECIDERS)
@require_POST
def decide_grant(request: UserRequest, pk: int) -> HttpResponse:
    grant = get_object_or_404(RoleGrant, pk=pk)
    act = confirm_grant if request.POST.get("decision") == "confirm" else decline_grant
    grant = act(grant, by=request.user, now=timezone.now(), address=address_of(request))
    words = {"name": grant.person, "role": grant.get_role_display()}
    if act is confirm_grant:
        messages.success(request, _("%(name)s 已有角色“%(role)s”。") % words)
    else:
        messages.success(request, _("已驳回:%(name)s 的角色“%(role)s”。") % words)
    return redirect("accounts:grants")
