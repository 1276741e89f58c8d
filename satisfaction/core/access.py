"""Access to views by role: one decorator per view (domain §12). `visible_to` decides about objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

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
            if not request.user.has_role(*roles):  # type: ignore[union-attr]
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.roles = frozenset(roles)  # type: ignore[attr-defined]
        return guarded

    return decorate


def everybody_signed_in(view: View) -> View:
    """Marks a view as open to every signed-in person; LoginRequiredMiddleware enforces it."""
    view.roles = frozenset(Role.values)  # type: ignore[attr-defined]
    return view
