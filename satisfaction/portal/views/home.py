"""The home page of a role answers the role's question; everybody has one, some have several (§12)."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from satisfaction.access import everybody_signed_in
from satisfaction.portal.navigation import home_roles

Home = Callable[[HttpRequest], HttpResponse]
HOMES: dict[str, Home] = {}


def home_for(role: str) -> Callable[[Home], Home]:
    """Registers the home page of a role; the modules that do stand in `satisfaction.portal.urls`."""

    def register(view: Home) -> Home:
        HOMES[role] = view
        return view

    return register


def places(request: HttpRequest) -> HttpResponse:
    """A home without a page of its own: where one may go from here."""
    return render(request, "portal/home/places.html")


@everybody_signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first of lead, dispatcher, foreman, head, manager, admin, technician."""
    roles = home_roles(request.user.roles)  # type: ignore[union-attr]
    if not roles:
        return render(request, "portal/home/no_role.html")
    return HOMES.get(roles[0], places)(request)


@everybody_signed_in
@require_safe
def home_of(request: HttpRequest, role: str) -> HttpResponse:
    """Another of the person's homes."""
    if role not in home_roles(request.user.roles):  # type: ignore[union-attr]
        raise PermissionDenied
    return HOMES.get(role, places)(request)
