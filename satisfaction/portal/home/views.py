"""Home pages: one for each role of a person."""

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
    """A home page for roles without their own: the navigation places."""
    return render(request, "portal/home/places.html")


@everybody_signed_in
@require_safe
def home(request: UserRequest) -> HttpResponseBase:
    """Shows the first home of lead, dispatcher, foreman, head, manager, admin, technician."""
    own = home_roles(request.user.roles)
    if not own:
        return render(request, "portal/home/no_role.html")
    return HOMES.get(own[0], places_home)(request)


@everybody_signed_in
@require_safe
def home_of(request: UserRequest, role: str) -> HttpResponseBase:
    """Shows another home of the person."""
    if role not in home_roles(request.user.roles):
        raise PermissionDenied
    return HOMES.get(role, places_home)(request)
