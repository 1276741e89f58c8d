"""The home page of a role answers the role's question; everybody has one, some have several (§12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from satisfaction.core.access import everybody_signed_in
from satisfaction.core.requests import UserRequest
from satisfaction.core.roles import Role
from satisfaction.portal.places import home_roles

from . import roles

HomeView = Callable[[UserRequest], HttpResponseBase]
HOMES: Mapping[str, HomeView] = {
    Role.LEAD: roles.lead_home,
    Role.DISPATCHER: roles.dispatcher_home,
    Role.FOREMAN: roles.foreman_home,
    Role.MANAGER: roles.manager_home,
    Role.HEAD: roles.manager_home,
    Role.ADMIN: roles.admin_home,
    Role.TECHNICIAN: roles.technician_home,
}


def places_home(request: UserRequest) -> HttpResponse:
    """A home without a page of its own: where one may go from here."""
    return render(request, "portal/home/places.html")


@everybody_signed_in
@require_safe
def home(request: UserRequest) -> HttpResponseBase:
    """The first of lead, dispatcher, foreman, head, manager, admin, technician."""
    own = home_roles(request.user.roles)
    if not own:
        return render(request, "portal/home/no_role.html")
    return HOMES.get(own[0], places_home)(request)


@everybody_signed_in
@require_safe
def home_of(request: UserRequest, role: str) -> HttpResponseBase:
    """Another of the person's homes."""
    if role not in home_roles(request.user.roles):
        raise PermissionDenied
    return HOMES.get(role, places_home)(request)
