"""Access to views by role: one decorator per view (domain §12). `visible_to` decides about objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from satisfaction.core.requests import person_of
from satisfaction.core.roles import Role

View = Callable[..., HttpResponseBase]
EVALUATORS = (Role.FOREMAN, Role.DEPUTY, Role.DISPATCHER, Role.LEAD, Role.MANAGER, Role.HEAD)


def roles_required(*roles: str) -> Callable[[View], View]:
    """Restricts a view to people with one of the roles; others get 403.

    A test requires a decorator on each view.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not person_of(request).has_role(*roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return _for(roles, guarded)

    return decorate


def everybody_signed_in(view: View) -> View:
    """Marks a view as open to every signed-in person; LoginRequiredMiddleware enforces it."""
    return _for(Role.values, view)


def roles_of(view: object) -> frozenset[str] | None:
    """Returns the roles that a view names; None: it names none (Django's own, or open without signing in)."""
    return getattr(view, "roles", None)


def _for(roles: Iterable[str], view: View) -> View:
    view.roles = frozenset(roles)  # type: ignore[attr-defined]  # a function may have attributes
    return view
